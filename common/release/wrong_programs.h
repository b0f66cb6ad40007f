// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_WRONG_PROGRAMS_H_
#define KSO_COMMON_RELEASE_WRONG_PROGRAMS_H_

#include <string>
#include <string_view>
#include <vector>

#include "kso/v1/worker.pb.h"

namespace kso::release {

// The trouble with the architectures of a file's programs.
struct WrongPrograms {
  // For people; empty when nothing is wrong.
  std::string problem;
  // The file is not what its URL or its only list says; otherwise it is in
  // several lists, and lacks programs for one of them.
  bool mislabelled = false;
};

// Compares the programs that were found in a file with what is said of it. They
// are for the architecture that its URL names, or else for that of the list
// which names it: all of those that may be executed, and at least one of each
// architecture of `lists` where it is in several.
WrongPrograms FindWrongPrograms(std::string_view url,
                                const std::vector<std::string>& lists,
                                const v1::FileContent& content);

}  // namespace kso::release

#endif  // KSO_COMMON_RELEASE_WRONG_PROGRAMS_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_INIT_RELEASE_EDIT_H_
#define KSO_CLI_INIT_RELEASE_EDIT_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace kso::cli {

// The wishes of somebody for a release. A part that is empty stays as it is.
struct ReleaseChoices {
  std::string name = {};
  // "linux/arm64".
  std::vector<std::string> platforms = {};
  std::string destination = {};
};

// A release.yaml of kso's own making, an example or one of `lists generate`,
// with these choices, and all its comments. Lists of architectures that are not
// chosen are left out. A pure function; what it makes has to be read to see
// whether it is right.
std::string EditRelease(absl::string_view yaml, const ReleaseChoices& choices);

}  // namespace kso::cli

#endif  // KSO_CLI_INIT_RELEASE_EDIT_H_

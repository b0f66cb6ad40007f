// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_FINDINGS_H_
#define KSO_CLI_VERIFY_FINDINGS_H_

#include <string>
#include <vector>

namespace kso::cli {

// The findings on an image's content, for people. Each names its item.
struct Findings {
  // The things that are in order, in brief: "44 files have their digests".
  std::vector<std::string> checks;
  // Things worth knowing that the release lets through.
  std::vector<std::string> notes;
  std::vector<std::string> problems;
};

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_FINDINGS_H_

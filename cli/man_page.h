// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_MAN_PAGE_H_
#define KSO_CLI_MAN_PAGE_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "cli/command_shape.h"

namespace kso::cli {

// A manual page of section 1, in roff (man(7)).
struct ManPage {
  // "ksoctl-submit.1".
  std::string file;
  std::string text;
};

// A page for the program and one for each command that is shown, with what is
// under it. `version` stands at the foot of each; `footer` ends the program's.
std::vector<ManPage> ManPages(const CommandShape& program,
                              absl::string_view footer,
                              absl::string_view version);

}  // namespace kso::cli

#endif  // KSO_CLI_MAN_PAGE_H_

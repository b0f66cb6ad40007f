// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_PROGRAM_COMPLETION_SCRIPT_H_
#define KSO_CLI_COMMANDS_PROGRAM_COMPLETION_SCRIPT_H_

#include <string>

#include "absl/strings/string_view.h"

namespace kso::cli {

// The script that teaches a shell, "bash", "zsh" or "fish", to complete the
// commands, options and names of ksoctl, to be evaluated or installed by the
// user. It asks ksoctl itself each time (print_completions.h), so that it need
// not be made anew for a newer one.
std::string CompletionScript(absl::string_view shell);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_PROGRAM_COMPLETION_SCRIPT_H_

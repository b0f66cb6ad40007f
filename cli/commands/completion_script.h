// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_COMPLETION_SCRIPT_H_
#define KSO_CLI_COMMANDS_COMPLETION_SCRIPT_H_

#include <string>

#include "cli/arguments.h"

namespace kso::cli {

// Scripts that teach a shell to complete the commands and options of `program`,
// to be evaluated or installed by the user.
std::string BashCompletion(const CommandShape& program);
std::string ZshCompletion(const CommandShape& program);
std::string FishCompletion(const CommandShape& program);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_COMPLETION_SCRIPT_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_RELEASE_LISTS_COMMANDS_H_
#define KSO_CLI_COMMANDS_RELEASE_LISTS_COMMANDS_H_

#include <memory>

#include "cli/arguments.h"
#include "cli/commands/command.h"

namespace kso::cli {

// The commands of `ksoctl lists`, as those of commands.h.
std::unique_ptr<Command> CreateListsGenerate(Arguments arguments);
std::unique_ptr<Command> CreateListsCheck(Arguments arguments);
std::unique_ptr<Command> CreateListsDiff(Arguments arguments);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_RELEASE_LISTS_COMMANDS_H_

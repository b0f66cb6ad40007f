// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_RELEASE_RELEASE_COMMANDS_H_
#define KSO_CLI_COMMANDS_RELEASE_RELEASE_COMMANDS_H_

#include <memory>

#include "cli/arguments.h"
#include "cli/commands/command.h"

namespace kso::cli {

// The commands that make and compare releases, before anything is built (see
// command.h).
std::unique_ptr<Command> CreateInit(Arguments arguments);
std::unique_ptr<Command> CreateLists(Arguments arguments);
std::unique_ptr<Command> CreateDiff(Arguments arguments);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_RELEASE_RELEASE_COMMANDS_H_

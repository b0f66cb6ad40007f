// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_BUILDS_BUILD_COMMANDS_H_
#define KSO_CLI_COMMANDS_BUILDS_BUILD_COMMANDS_H_

#include <memory>

#include "cli/arguments.h"
#include "cli/commands/command.h"

namespace kso::cli {

// The commands that start, steer, follow and list builds (see command.h).
std::unique_ptr<Command> CreateSubmit(Arguments arguments);
std::unique_ptr<Command> CreatePlan(Arguments arguments);
std::unique_ptr<Command> CreateWatch(Arguments arguments);
std::unique_ptr<Command> CreateStatus(Arguments arguments);
std::unique_ptr<Command> CreateLogs(Arguments arguments);
std::unique_ptr<Command> CreateCancel(Arguments arguments);
std::unique_ptr<Command> CreateRetry(Arguments arguments);
std::unique_ptr<Command> CreatePriority(Arguments arguments);
std::unique_ptr<Command> CreateForget(Arguments arguments);
std::unique_ptr<Command> CreateBuilds(Arguments arguments);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_BUILDS_BUILD_COMMANDS_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_FARM_FARM_COMMANDS_H_
#define KSO_CLI_COMMANDS_FARM_FARM_COMMANDS_H_

#include <memory>

#include "cli/arguments.h"
#include "cli/commands/command.h"

namespace kso::cli {

// The commands about the farm's machines (see command.h).
std::unique_ptr<Command> CreateWorkers(Arguments arguments);
std::unique_ptr<Command> CreateCache(Arguments arguments);
std::unique_ptr<Command> CreateBackup(Arguments arguments);
std::unique_ptr<Command> CreateFarm(Arguments arguments);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_FARM_FARM_COMMANDS_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_ACCESS_ACCESS_COMMANDS_H_
#define KSO_CLI_COMMANDS_ACCESS_ACCESS_COMMANDS_H_

#include <memory>

#include "cli/arguments.h"
#include "cli/commands/command.h"

namespace kso::cli {

// The commands about who may do what in the farm, and who did (see command.h).
std::unique_ptr<Command> CreateCerts(Arguments arguments);
std::unique_ptr<Command> CreateTokens(Arguments arguments);
std::unique_ptr<Command> CreateAudit(Arguments arguments);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_ACCESS_ACCESS_COMMANDS_H_

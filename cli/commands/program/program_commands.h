// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_PROGRAM_PROGRAM_COMMANDS_H_
#define KSO_CLI_COMMANDS_PROGRAM_PROGRAM_COMMANDS_H_

#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/commands/command.h"

namespace kso::cli {

// The commands about ksoctl itself (see command.h).
std::unique_ptr<Command> CreateContext(Arguments arguments);
std::unique_ptr<Command> CreateDoctor(Arguments arguments);
std::unique_ptr<Command> CreateVersion(Arguments arguments);
std::unique_ptr<Command> CreateCompletion(Arguments arguments);
// Writes the manual of `root`, the whole program, whose help ends with
// `footer`.
std::unique_ptr<Command> CreateManual(Arguments arguments, Arguments root,
                                      const std::string& footer);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_PROGRAM_PROGRAM_COMMANDS_H_

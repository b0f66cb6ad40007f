// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_COMMAND_H_
#define KSO_CLI_COMMANDS_COMMAND_H_

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/exit_status.h"

namespace kso::cli {

// A command whose arguments have been parsed into it. The headers *_commands.h
// have a function for each: it declares what the command takes, in its argument
// `arguments`, and makes the command that runs when it is chosen.
class Command {
 public:
  virtual ~Command() = default;

  // An error says why the command could not do its work; UNAVAILABLE and
  // DEADLINE_EXCEEDED are always about the coordinator.
  virtual absl::StatusOr<ExitStatus> Run(Context& context) = 0;
};

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_COMMAND_H_

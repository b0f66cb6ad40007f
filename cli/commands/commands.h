// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_COMMANDS_H_
#define KSO_CLI_COMMANDS_COMMANDS_H_

#include <memory>
#include <string>

#include "cli/arguments.h"
#include "cli/commands/command.h"

namespace kso::cli {

// Each declares what its command takes, in `arguments`, and makes the command
// that runs when it is chosen. `workers` and `farm` have commands of their own.
std::unique_ptr<Command> CreateSubmit(Arguments arguments);
std::unique_ptr<Command> CreatePlan(Arguments arguments);
std::unique_ptr<Command> CreateWatch(Arguments arguments);
std::unique_ptr<Command> CreateStatus(Arguments arguments);
std::unique_ptr<Command> CreateLogs(Arguments arguments);
std::unique_ptr<Command> CreateCancel(Arguments arguments);
std::unique_ptr<Command> CreateRetry(Arguments arguments);
std::unique_ptr<Command> CreateBuilds(Arguments arguments);
std::unique_ptr<Command> CreateDiff(Arguments arguments);
std::unique_ptr<Command> CreateDoctor(Arguments arguments);
std::unique_ptr<Command> CreateBackup(Arguments arguments);
std::unique_ptr<Command> CreateCache(Arguments arguments);
std::unique_ptr<Command> CreateReleases(Arguments arguments);
std::unique_ptr<Command> CreateInit(Arguments arguments);
std::unique_ptr<Command> CreateExport(Arguments arguments);
std::unique_ptr<Command> CreateLoad(Arguments arguments);
std::unique_ptr<Command> CreateWorkers(Arguments arguments);
std::unique_ptr<Command> CreateLists(Arguments arguments);
std::unique_ptr<Command> CreateVerify(Arguments arguments);
std::unique_ptr<Command> CreateSign(Arguments arguments);
std::unique_ptr<Command> CreateSummary(Arguments arguments);
std::unique_ptr<Command> CreateFarm(Arguments arguments);
std::unique_ptr<Command> CreateCerts(Arguments arguments);
std::unique_ptr<Command> CreateContext(Arguments arguments);
std::unique_ptr<Command> CreateTokens(Arguments arguments);
std::unique_ptr<Command> CreateAudit(Arguments arguments);
std::unique_ptr<Command> CreateVersion(Arguments arguments);
std::unique_ptr<Command> CreateCompletion(Arguments arguments);
// Writes the manual of `root`, the whole program, whose help ends with
// `footer`.
std::unique_ptr<Command> CreateManual(Arguments arguments, Arguments root,
                                      const std::string& footer);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_COMMANDS_H_

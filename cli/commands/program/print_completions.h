// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_PROGRAM_PRINT_COMPLETIONS_H_
#define KSO_CLI_COMMANDS_PROGRAM_PRINT_COMPLETIONS_H_

#include <string>
#include <vector>

#include "cli/command_shape.h"
#include "cli/context.h"
#include "cli/contexts/context_store.h"
#include "cli/coordinator_client.h"
#include "cli/exit_status.h"

namespace kso::cli {

// The word by which the scripts of `ksoctl completion` ask for completions:
// `ksoctl __complete WORD...`, the last of which is at the cursor.
inline constexpr char kCompleteWords[] = "__complete";

// Prints a candidate a line, with a tab and what it means; ":files" or
// ":directories" has the shell complete those. Names of builds, workers and
// releases are the coordinator's; there are none where it does not answer.
ExitStatus PrintCompletions(const CommandShape& program,
                            const std::vector<std::string>& words,
                            CoordinatorClient& coordinator,
                            const ContextList& contexts,
                            const Console& console);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_PROGRAM_PRINT_COMPLETIONS_H_

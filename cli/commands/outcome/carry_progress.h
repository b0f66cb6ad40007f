// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_OUTCOME_CARRY_PROGRESS_H_
#define KSO_CLI_COMMANDS_OUTCOME_CARRY_PROGRESS_H_

#include "cli/carry/archive_writer.h"
#include "cli/context.h"

namespace kso::cli {

// Shows how far an export or load is, on one line of a terminal; shows nothing
// where stderr is none. `context` must outlive it. Not thread safe.
CarryProgress ShowProgress(const Context& context);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_OUTCOME_CARRY_PROGRESS_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_OUTCOME_ENDING_H_
#define KSO_CLI_COMMANDS_OUTCOME_ENDING_H_

#include "absl/status/statusor.h"
#include "cli/context.h"
#include "cli/exit_status.h"
#include "kso/v1/build.pb.h"

namespace kso::cli {

// Watches a build, whose answer to a submit or retry was `build`, to its end;
// brings home what is for this machine, and prints how it ended. The images go
// where `destination`, of the user's own release, says. Where it is null, they
// go where the coordinator says, but over nothing else (own_target.h).
absl::StatusOr<ExitStatus> WatchToTheEnd(
    Context& context, const v1::Build& build,
    const v1::Destination* destination = nullptr);

// Prints a build that was started and is left alone, and what to do next.
ExitStatus LeaveRunning(Context& context, const v1::Build& build);

// kFailed unless the build succeeded.
ExitStatus ExitStatusOf(const v1::Build& build);

// Returns whether images go to the machine of who submitted the build.
bool IsForThisMachine(const v1::Destination& destination);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_OUTCOME_ENDING_H_

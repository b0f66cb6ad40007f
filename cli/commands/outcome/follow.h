// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_OUTCOME_FOLLOW_H_
#define KSO_CLI_COMMANDS_OUTCOME_FOLLOW_H_

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "cli/coordinator_client.h"
#include "cli/render/progress.h"
#include "common/run/clock.h"

namespace kso::cli {

// How FollowBuild polls, and how patient it is.
struct FollowOptions {
  // Show the events after this one.
  int64_t after_sequence = 0;
  // The coordinator was reached a moment ago, so that it not answering is no
  // reason to give up at once.
  bool reached = false;
  // How long a poll is parked; after one without events, the view says what the
  // build waits for. A terminal shows bytes as they move, so it asks more
  // often.
  absl::Duration wait = absl::Seconds(5);
  // How long a coordinator may be away, to be restarted.
  absl::Duration patience = absl::Minutes(5);
};

// The `wait` for a terminal.
inline constexpr absl::Duration kTerminalWait = absl::Seconds(1);

// Shows each event of a build to `view`, once and in order, until the build has
// ended; returns it as it is then. Lost connections are taken up again where
// they broke.
absl::StatusOr<v1::Build> FollowBuild(CoordinatorClient& coordinator,
                                      std::string build, Clock* clock,
                                      ProgressView& view,
                                      FollowOptions options = {});

// Returns whether an error means that the coordinator may only be away for a
// moment.
bool IsConnectionLoss(const absl::Status& status);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_OUTCOME_FOLLOW_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_BUILDS_LOG_FILTER_H_
#define KSO_CLI_COMMANDS_BUILDS_LOG_FILTER_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "kso/v1/build.pb.h"

namespace kso::cli {

// The choice of the events of a build that are shown. A value; safe to share.
struct LogFilter {
  // Those of tasks whose id or text has this in it, whatever the case; empty:
  // all events, also those of the build as a whole.
  std::string task;
  // Those from this time on.
  absl::Time since = absl::InfinitePast();

  bool Shows(const v1::Event& event) const;
  bool Shows(const v1::ActiveTask& task) const;
};

// A point in time as people write it: how long ago ("90s", "10m", "1h30m"), or
// RFC 3339 ("2024-01-31T12:00:00Z"). INVALID_ARGUMENT says how to write it.
absl::StatusOr<absl::Time> ParseSince(const std::string& text, absl::Time now);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_BUILDS_LOG_FILTER_H_

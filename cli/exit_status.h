// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_EXIT_STATUS_H_
#define KSO_CLI_EXIT_STATUS_H_

#include "absl/status/status.h"

namespace kso::cli {

// The exit status of ksoctl. Scripts depend on the numbers.
enum class ExitStatus {
  kDone = 0,
  // The build failed, or what was checked is not right.
  kFailed = 1,
  // Usage, or bad input: nothing was done.
  kUsage = 2,
  // The coordinator is not reachable.
  kUnreachable = 3,
  // Nobody said who asks, or whoever asks may not do it.
  kNotAllowed = 4,
};

// The exit status for a command that ended with `status`.
ExitStatus ExitStatusOf(const absl::Status& status);

}  // namespace kso::cli

#endif  // KSO_CLI_EXIT_STATUS_H_

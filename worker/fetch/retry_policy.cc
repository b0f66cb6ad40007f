// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/retry_policy.h"

#include <algorithm>

#include "common/base/status_notes.h"
#include "common/run/cancellation.h"
#include "common/run/retry.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

constexpr int kTriesWithoutProgress = 4;
// A try that brought less than this made no progress: otherwise a host that
// drips would be tried for ever.
constexpr int64_t kProgressBytes = 64 << 10;
constexpr int kTriesInAll = 30;
constexpr BackoffOptions kBackoff = {.first = absl::Milliseconds(200),
                                     .longest = absl::Seconds(10)};

}  // namespace

absl::Status RetryWhileItHelps(Clock* clock, const TaskControl& control,
                               const std::function<int64_t()>& position,
                               const std::function<absl::Status()>& transfer) {
  Backoff backoff(kBackoff);
  int64_t furthest = position();
  int without_progress = 0;
  for (int tries = 1;; ++tries) {
    const absl::Status status = transfer();
    if (status.ok()) return status;
    if (control.cancelled()) return absl::CancelledError("cancelled");
    if (FailureKind(status) != v1::Failure::TRANSIENT) return status;
    if (position() >= furthest + kProgressBytes) {
      furthest = position();
      without_progress = 0;
    }
    const absl::Duration asked = RetryDelay(status);
    if (++without_progress >= kTriesWithoutProgress || tries >= kTriesInAll ||
        asked > kLongestRetryAfterInCall) {
      return status;
    }
    if (!SleepFor(clock, std::max(backoff.Next(), asked),
                  control.stop_token())) {
      return absl::CancelledError("cancelled");
    }
  }
}

}  // namespace kso::worker

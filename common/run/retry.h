// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RUN_RETRY_H_
#define KSO_COMMON_RUN_RETRY_H_

#include <functional>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace kso {

// The rules of trying again, for every part of kso: whether an error is worth
// another try, and how long to wait before it.

// A call waits out a Retry-After up to this by itself. A longer one is returned
// to the caller, which may have other work in the meantime.
inline constexpr absl::Duration kLongestRetryAfterInCall = absl::Seconds(20);

// Returns whether the other side could not be reached or did not answer in time
// (UNAVAILABLE, DEADLINE_EXCEEDED).
bool IsUnreachable(const absl::Status& status);

// Returns whether the same request may succeed later: IsUnreachable, or
// RESOURCE_EXHAUSTED unless what is exhausted (status_notes.h) is a disk,
// memory or a bound on a size, none of which the other side can mend.
bool IsTransient(const absl::Status& status);

struct BackoffOptions {
  absl::Duration first;
  absl::Duration longest;
  double factor = 2;
};

// Exponential backoff: `first`, multiplied by `factor` for each of the
// `earlier_failures`, and never more than `longest`.
absl::Duration ExponentialDelay(const BackoffOptions& options,
                                int earlier_failures);

// Draws the share of a delay that is waited, within (0, 1].
using Jitter = std::function<double()>;

// Uniform in [0.5, 1), so that clients that failed together do not come back
// together. Each has a generator of its own; not thread safe.
Jitter HalfJitter();

// The delays between the tries of one operation: ExponentialDelay with jitter.
// Not thread safe.
class Backoff {
 public:
  explicit Backoff(const BackoffOptions& options, Jitter jitter = HalfJitter())
      : options_(options), jitter_(std::move(jitter)) {}

  absl::Duration Next();

 private:
  const BackoffOptions options_;
  const Jitter jitter_;
  int failures_ = 0;
};

}  // namespace kso

#endif  // KSO_COMMON_RUN_RETRY_H_

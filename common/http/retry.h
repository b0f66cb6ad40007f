// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_RETRY_H_
#define KSO_COMMON_HTTP_RETRY_H_

#include <memory>

#include "common/http/transport.h"
#include "common/run/clock.h"
#include "common/run/retry.h"

namespace kso::http {

// How often a request is tried, and how long the pauses between tries are.
struct RetryOptions {
  // The number of tries in all, for requests that are safe to repeat.
  int attempts = 4;
  absl::Duration first_delay = absl::Milliseconds(200);
  absl::Duration longest_delay = absl::Seconds(10);
  // A Retry-After longer than this is handed to the caller as it is.
  absl::Duration longest_retry_after = kLongestRetryAfterInCall;
};

// Decorates `next`: GET and HEAD through Perform, which are safe and so may be
// repeated (RFC 9110, section 9.2), are tried again while their error, or the
// one that ErrorOfAnswer makes of their answer, IsTransient, with exponential
// backoff and jitter, honouring Retry-After. Download and other methods pass
// straight through: their callers know how to resume.
std::unique_ptr<Transport> WithRetries(std::unique_ptr<Transport> next,
                                       Clock* clock,
                                       const RetryOptions& options = {});

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_RETRY_H_

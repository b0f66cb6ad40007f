// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RUN_CANCELLATION_H_
#define KSO_COMMON_RUN_CANCELLATION_H_

#include <stop_token>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/run/clock.h"

namespace kso {

// Cancellation is a std::stop_token: whoever wants an operation to end requests
// a stop, and what waits wakes at once. A default token is never stopped.

// Waits as Clock::AwaitWithDeadline does, and also ends when a stop is
// requested. Returns whether the condition holds. `mutex` is released in
// between, also before the wait itself. Whoever requests the stop must not hold
// `mutex`.
bool AwaitOrStop(Clock* clock, absl::Mutex* mutex,
                 const absl::Condition& condition, absl::Time deadline,
                 const std::stop_token& stop)
    ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

// Waits for `duration`; returns false, at once, when a stop is requested.
bool SleepFor(Clock* clock, absl::Duration duration,
              const std::stop_token& stop = {});

// A token that is stopped when one of two others is. Not for copying: the token
// is good for as long as this lives.
class EitherStop {
 public:
  EitherStop(const std::stop_token& one, const std::stop_token& other)
      : when_one_(one, Request{&source_}),
        when_other_(other, Request{&source_}) {}
  EitherStop(const EitherStop&) = delete;
  EitherStop& operator=(const EitherStop&) = delete;

  std::stop_token token() const { return source_.get_token(); }

 private:
  struct Request {
    void operator()() const { source->request_stop(); }
    std::stop_source* source;
  };

  std::stop_source source_;
  // The last members: they use the source.
  const std::stop_callback<Request> when_one_;
  const std::stop_callback<Request> when_other_;
};

}  // namespace kso

#endif  // KSO_COMMON_RUN_CANCELLATION_H_

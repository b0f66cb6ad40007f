// SPDX-License-Identifier: Apache-2.0
#include "common/run/cancellation.h"

namespace kso {

bool AwaitOrStop(Clock* clock, absl::Mutex* mutex,
                 const absl::Condition& condition, absl::Time deadline,
                 const std::stop_token& stop) {
  const auto over = [&] { return condition.Eval() || stop.stop_requested(); };
  if (over()) return condition.Eval();
  if (!stop.stop_possible()) {
    return clock->AwaitWithDeadline(mutex, condition, deadline);
  }
  // The callback may run in this thread while it is being made, and the end of
  // its life waits for the thread that it runs in: the mutex must not be held
  // at either.
  mutex->Unlock();
  {
    // A mutex has its waiters look at their conditions when it is released.
    const std::stop_callback wake(
        stop, [mutex] { const absl::MutexLock lock(mutex); });
    const absl::MutexLock lock(mutex);
    clock->AwaitWithDeadline(mutex, absl::Condition(&over), deadline);
  }
  mutex->Lock();
  return condition.Eval();
}

bool SleepFor(Clock* clock, absl::Duration duration,
              const std::stop_token& stop) {
  const absl::Time end = clock->Now() + duration;
  const bool never = false;
  absl::Mutex mutex;
  absl::MutexLock lock(&mutex);
  AwaitOrStop(clock, &mutex, absl::Condition(&never), end, stop);
  return !stop.stop_requested();
}

}  // namespace kso

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RUN_CLOCK_H_
#define KSO_COMMON_RUN_CLOCK_H_

#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace kso {

// The source of time. Everything that waits or dates takes one, so that
// tests decide what time it is. All methods may be called from any thread.
class Clock {
 public:
  virtual ~Clock() = default;

  virtual absl::Time Now() const = 0;

  // Waits until `condition` holds or `deadline` has come; `mutex` must be held,
  // as for absl::Mutex::AwaitWithDeadline. Returns whether the condition holds.
  virtual bool AwaitWithDeadline(absl::Mutex* mutex,
                                 const absl::Condition& condition,
                                 absl::Time deadline)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) = 0;

  // The machine's clock. Lives for ever.
  static Clock* Real();
};

}  // namespace kso

#endif  // KSO_COMMON_RUN_CLOCK_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_FAKE_CLOCK_H_
#define KSO_TESTS_FAKES_FAKE_CLOCK_H_

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/run/clock.h"

namespace kso::testing {

// A clock that stands still until a test moves it. Thread safe.
class FakeClock : public Clock {
 public:
  // Begins at 2024-01-01 00:00:00 UTC unless told otherwise.
  FakeClock();
  explicit FakeClock(absl::Time now) : now_(now) {}

  absl::Time Now() const override;
  bool AwaitWithDeadline(absl::Mutex* mutex, const absl::Condition& condition,
                         absl::Time deadline) override
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex);

  // Moves time on and wakes those whose deadline has come.
  void Advance(absl::Duration duration);
  void AdvanceTo(absl::Time time);

  // From now on, who would wait finds that time has jumped to the deadline: for
  // tests of one thread, whose waits nobody else could end.
  void AdvanceByItself();

  // Blocks until `count` threads are waiting, so that a test can move time
  // knowing that they will see it.
  void AwaitWaiters(int count);

 private:
  mutable absl::Mutex mutex_;
  absl::Time now_ ABSL_GUARDED_BY(mutex_);
  bool advances_by_itself_ ABSL_GUARDED_BY(mutex_) = false;
  int waiters_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAKES_FAKE_CLOCK_H_

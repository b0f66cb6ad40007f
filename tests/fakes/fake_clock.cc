// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/fake_clock.h"

#include <algorithm>

namespace kso::testing {
namespace {

// A waiter's mutex belongs to the code under test and may be gone before
// Advance could touch it to wake the waiter, so waiters look at the fake time
// this often.
constexpr absl::Duration kLookInterval = absl::Milliseconds(1);

}  // namespace

FakeClock::FakeClock()
    : now_(absl::FromCivil(absl::CivilSecond(2024, 1, 1),
                           absl::UTCTimeZone())) {}

absl::Time FakeClock::Now() const {
  absl::MutexLock lock(&mutex_);
  return now_;
}

bool FakeClock::AwaitWithDeadline(absl::Mutex* mutex,
                                  const absl::Condition& condition,
                                  absl::Time deadline) {
  if (condition.Eval()) return true;
  {
    absl::MutexLock lock(&mutex_);
    if (advances_by_itself_ && deadline != absl::InfiniteFuture()) {
      now_ = std::max(now_, deadline);
    }
    ++waiters_;
  }
  bool holds = false;
  do {
    holds = Now() < deadline ? mutex->AwaitWithTimeout(condition, kLookInterval)
                             : condition.Eval();
  } while (!holds && Now() < deadline);
  absl::MutexLock lock(&mutex_);
  --waiters_;
  return holds;
}

void FakeClock::Advance(absl::Duration duration) {
  absl::MutexLock lock(&mutex_);
  now_ += duration;
}

void FakeClock::AdvanceTo(absl::Time time) {
  absl::MutexLock lock(&mutex_);
  now_ = std::max(now_, time);
}

void FakeClock::AdvanceByItself() {
  absl::MutexLock lock(&mutex_);
  advances_by_itself_ = true;
}

void FakeClock::AwaitWaiters(int count) {
  absl::MutexLock lock(&mutex_);
  const auto enough = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return waiters_ >= count;
  };
  mutex_.Await(absl::Condition(&enough));
}

}  // namespace kso::testing

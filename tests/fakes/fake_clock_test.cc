// SPDX-License-Identifier: Apache-2.0
#include "tests/fakes/fake_clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace kso::testing {
namespace {

TEST(FakeClockTest, AdvanceWakesThoseWhoseTimeHasCome) {
  FakeClock clock;
  absl::Mutex mutex;
  bool never = false;
  bool held = true;
  std::thread waiter([&] {
    absl::MutexLock lock(&mutex);
    held = clock.AwaitWithDeadline(&mutex, absl::Condition(&never),
                                   clock.Now() + absl::Hours(1));
  });
  clock.AwaitWaiters(1);
  clock.Advance(absl::Hours(1));
  waiter.join();
  EXPECT_FALSE(held);
}

TEST(FakeClockTest, AConditionEndsTheWait) {
  FakeClock clock;
  absl::Mutex mutex;
  bool ready = false;
  bool held = false;
  std::thread waiter([&] {
    absl::MutexLock lock(&mutex);
    held = clock.AwaitWithDeadline(&mutex, absl::Condition(&ready),
                                   absl::InfiniteFuture());
  });
  clock.AwaitWaiters(1);
  {
    absl::MutexLock lock(&mutex);
    ready = true;
  }
  waiter.join();
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace kso::testing

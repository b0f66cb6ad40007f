// SPDX-License-Identifier: Apache-2.0
#include "common/run/cancellation.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/fakes/fake_clock.h"

namespace kso {
namespace {

TEST(SleepForTest, TakesItsTimeByTheClock) {
  testing::FakeClock clock;
  clock.AdvanceByItself();
  const absl::Time start = clock.Now();
  const std::stop_source source;
  EXPECT_TRUE(SleepFor(&clock, absl::Minutes(5)));
  EXPECT_TRUE(SleepFor(&clock, absl::Minutes(5), source.get_token()));
  EXPECT_EQ(clock.Now() - start, absl::Minutes(10));
}

TEST(SleepForTest, AStopEndsItAtOnce) {
  testing::FakeClock clock;
  std::stop_source source;
  std::thread sleeper([&] {
    EXPECT_FALSE(SleepFor(&clock, absl::Minutes(5), source.get_token()));
  });
  clock.AwaitWaiters(1);
  source.request_stop();
  sleeper.join();
}

TEST(SleepForTest, DoesNotBeginAfterAStop) {
  testing::FakeClock clock;
  std::stop_source source;
  source.request_stop();
  EXPECT_FALSE(SleepFor(&clock, absl::Minutes(5), source.get_token()));
}

class AwaitOrStopTest : public ::testing::Test {
 protected:
  bool Await(absl::Time deadline, Clock* clock) {
    absl::MutexLock lock(&mutex_);
    return AwaitOrStop(clock, &mutex_, absl::Condition(&ready_), deadline,
                       source_.get_token());
  }

  testing::FakeClock clock_;
  std::stop_source source_;
  absl::Mutex mutex_;
  bool ready_ ABSL_GUARDED_BY(mutex_) = false;
};

TEST_F(AwaitOrStopTest, EndsWhenTheConditionHolds) {
  std::thread waiter(
      [&] { EXPECT_TRUE(Await(absl::InfiniteFuture(), &clock_)); });
  clock_.AwaitWaiters(1);
  {
    absl::MutexLock lock(&mutex_);
    ready_ = true;
  }
  waiter.join();
}

TEST_F(AwaitOrStopTest, EndsAtItsDeadline) {
  const absl::Time deadline = clock_.Now() + absl::Seconds(5);
  std::thread waiter([&] { EXPECT_FALSE(Await(deadline, &clock_)); });
  clock_.AwaitWaiters(1);
  clock_.AdvanceTo(deadline);
  waiter.join();
}

TEST_F(AwaitOrStopTest, AStopWakesTheMachinesOwnClock) {
  std::thread waiter(
      [&] { EXPECT_FALSE(Await(absl::InfiniteFuture(), Clock::Real())); });
  source_.request_stop();
  waiter.join();
}

TEST_F(AwaitOrStopTest, AStopInBetweenIsNeverMissed) {
  for (int i = 0; i < 1000; ++i) {
    std::stop_source source;
    absl::Mutex mutex;
    const bool never = false;
    std::thread waiter([&] {
      absl::MutexLock lock(&mutex);
      EXPECT_FALSE(AwaitOrStop(Clock::Real(), &mutex, absl::Condition(&never),
                               absl::InfiniteFuture(), source.get_token()));
    });
    source.request_stop();
    waiter.join();
  }
}

TEST(EitherStopTest, IsStoppedByEither) {
  for (const bool first : {true, false}) {
    std::stop_source one;
    std::stop_source other;
    const EitherStop either(one.get_token(), other.get_token());
    EXPECT_FALSE(either.token().stop_requested());
    (first ? one : other).request_stop();
    EXPECT_TRUE(either.token().stop_requested());
  }
}

TEST(EitherStopTest, IsStoppedFromTheStartWhereOneIs) {
  std::stop_source one;
  one.request_stop();
  EXPECT_TRUE(EitherStop(one.get_token(), {}).token().stop_requested());
}

}  // namespace
}  // namespace kso

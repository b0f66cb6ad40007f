// SPDX-License-Identifier: Apache-2.0
#include "common/base/backoff.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace kso {
namespace {

TEST(BackoffTest, GrowsUpToItsLongest) {
  Backoff backoff(absl::Seconds(1), absl::Seconds(4));
  for (const int ceiling : {1, 2, 4, 4, 4}) {
    const absl::Duration delay = backoff.Next();
    EXPECT_GE(delay, absl::Seconds(ceiling) / 2);
    EXPECT_LE(delay, absl::Seconds(ceiling));
  }
}

TEST(SleepForTest, TakesItsTimeByTheClock) {
  testing::FakeClock clock;
  clock.AdvanceByItself();
  const absl::Time start = clock.Now();
  EXPECT_TRUE(SleepFor(&clock, absl::Minutes(5)));
  EXPECT_EQ(clock.Now() - start, absl::Minutes(5));
}

TEST(SleepForTest, EndsSoonAfterCancellation) {
  testing::FakeClock clock;
  clock.AdvanceByItself();
  const absl::Time start = clock.Now();
  EXPECT_FALSE(SleepFor(&clock, absl::Minutes(5), [&] {
    return clock.Now() - start >= absl::Seconds(2);
  }));
  EXPECT_LT(clock.Now() - start, absl::Seconds(3));
}

}  // namespace
}  // namespace kso

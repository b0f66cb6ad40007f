// SPDX-License-Identifier: Apache-2.0
#include "common/base/cancellation.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace kso {
namespace {

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

// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/grpc_log.h"

#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace kso::rpc {
namespace {

TEST(LineLimitTest, AFloodIsCountedAndNotWritten) {
  testing::FakeClock clock;
  LineLimit limit(&clock, 2);
  EXPECT_EQ(limit.Pass("a"), "a");
  EXPECT_EQ(limit.Pass("b"), "b");
  for (int i = 0; i < 100; ++i) EXPECT_EQ(limit.Pass("c"), "");
  clock.Advance(absl::Minutes(1));
  EXPECT_EQ(limit.Pass("d"), "d (100 lines before were left out)");
  EXPECT_EQ(limit.Pass("e"), "e");
  EXPECT_EQ(limit.Pass("f"), "");
}

}  // namespace
}  // namespace kso::rpc

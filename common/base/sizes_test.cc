// SPDX-License-Identifier: Apache-2.0
#include "common/base/sizes.h"

#include <limits>

#include "gtest/gtest.h"

namespace kso {
namespace {

constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
constexpr int64_t kLeast = std::numeric_limits<int64_t>::min();

TEST(SizesTest, SumsStayAtTheEndOfTheirRange) {
  EXPECT_EQ(SaturatingAdd(2, 3), 5);
  EXPECT_EQ(SaturatingAdd(-2, 3), 1);
  EXPECT_EQ(SaturatingAdd(kMost, kLeast), -1);
  EXPECT_EQ(SaturatingAdd(kMost, 1), kMost);
  EXPECT_EQ(SaturatingAdd(int64_t{1} << 62, int64_t{1} << 62), kMost);
  EXPECT_EQ(SaturatingAdd(kLeast, -1), kLeast);
  EXPECT_EQ(SaturatingAdd(-kMost, -kMost), kLeast);
}

}  // namespace
}  // namespace kso

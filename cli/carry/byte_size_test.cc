// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/byte_size.h"

#include <optional>

#include "gtest/gtest.h"

namespace kso::cli {
namespace {

TEST(ByteSizeTest, UnitsArePowersOf1000Or1024) {
  EXPECT_EQ(ByteSizeOf("0"), 0);
  EXPECT_EQ(ByteSizeOf("512"), 512);
  EXPECT_EQ(ByteSizeOf("20GiB"), int64_t{20} << 30);
  EXPECT_EQ(ByteSizeOf("20g"), int64_t{20} << 30);
  EXPECT_EQ(ByteSizeOf("1.5 MB"), 1'500'000);
}

TEST(ByteSizeTest, WhatIsNoSizeIsNone) {
  for (const char* text : {"", "GiB", "4 parsecs", "-4GiB", "1e30", "4..7GB",
                           "inf", "nan", "999999999TiB"}) {
    EXPECT_EQ(ByteSizeOf(text), std::nullopt) << text;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(ParseByteSize("--max", "x").status()));
}

}  // namespace
}  // namespace kso::cli

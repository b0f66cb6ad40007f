// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/byte_size.h"

#include <cstdint>
#include <optional>
#include <utility>

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

TEST(ByteSizeTest, EveryUnitHasItsSize) {
  const std::pair<const char*, int64_t> units[] = {
      {"3b", 3},
      {"3kB", 3'000},
      {"3MB", 3'000'000},
      {"3GB", 3'000'000'000},
      {"3TB", 3'000'000'000'000},
      {"3KiB", 3'072},
      {"3MiB", 3'145'728},
      {"3GiB", 3'221'225'472},
      {"3TiB", 3'298'534'883'328},
      {"3k", 3'072},
      {"3m", 3'145'728},
      {"3g", 3'221'225'472},
      {"3t", 3'298'534'883'328},
  };
  for (const auto& [text, bytes] : units) {
    EXPECT_EQ(ByteSizeOf(text), bytes) << text;
  }
}

TEST(ByteSizeTest, TheLargestSizeIsAnExbibyte) {
  EXPECT_EQ(ByteSizeOf("1048576TiB"), int64_t{1152921504606846976});
  EXPECT_EQ(ByteSizeOf("1048577TiB"), std::nullopt);
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

// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/carry_size.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

namespace kso::cli {
namespace {

TEST(CarrySizeTest, TakesUnitsAndMedia) {
  EXPECT_EQ(*ParseCarrySize("4GiB"), int64_t{4} << 30);
  EXPECT_EQ(*ParseCarrySize("4.7GB"), 4'700'000'000);
  EXPECT_EQ(*ParseCarrySize("700 mb"), 700'000'000);
  EXPECT_EQ(*ParseCarrySize("65536"), 65536);
  EXPECT_EQ(*ParseCarrySize("2G"), int64_t{2} << 30);
  // A size that fits on a disc of 4.7 GB, beside a file system.
  EXPECT_LT(*ParseCarrySize("dvd"), 4'700'372'992 - (16 << 20));
  EXPECT_EQ(*ParseCarrySize("FAT32"), (int64_t{4} << 30) - 1);
}

TEST(CarrySizeTest, APartFillsItsDiscAndLeavesRoomForAFileSystem) {
  const std::pair<const char*, int64_t> discs[] = {{"cd", 737'280'000},
                                                   {"dvd", 4'700'372'992},
                                                   {"dvd-dl", 8'543'666'176},
                                                   {"bd", 25'025'314'816}};
  for (const auto& [name, bytes] : discs) {
    const absl::StatusOr<int64_t> size = ParseCarrySize(name);
    ASSERT_TRUE(size.ok()) << name;
    EXPECT_LT(*size, bytes - (8 << 20)) << name;
    EXPECT_GT(*size, bytes / 100 * 97) << name;
  }
}

TEST(CarrySizeTest, TheSmallestPartHas64KiB) {
  EXPECT_TRUE(ParseCarrySize("64KiB").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(ParseCarrySize("65535").status()));
}

TEST(CarrySizeTest, SaysWhatToWriteInstead) {
  for (const char* text : {"", "GiB", "4 parsecs", "-4GiB", "0", "1KiB", "1e30",
                           "4..7GB", "inf"}) {
    const auto size = ParseCarrySize(text);
    EXPECT_TRUE(absl::IsInvalidArgument(size.status())) << text;
    EXPECT_NE(std::string(size.status().message()).find("size \""),
              std::string::npos);
  }
}

}  // namespace
}  // namespace kso::cli

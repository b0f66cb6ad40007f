// SPDX-License-Identifier: Apache-2.0
#include "worker/sandbox/id_range.h"

#include "gtest/gtest.h"

namespace kso::worker {
namespace {

TEST(IdRangeTest, IsAsSubuidHasIt) {
  const auto range = ParseIdRange("100000:65536");
  ASSERT_TRUE(range.ok()) << range.status();
  EXPECT_EQ(range->first, 100000u);
  EXPECT_EQ(range->count, 65536u);
}

TEST(IdRangeTest, TheLastIdIsNotTheOneThatMeansNone) {
  EXPECT_TRUE(ParseIdRange("4294901759:65536").ok());
  EXPECT_FALSE(ParseIdRange("4294901760:65536").ok());
  EXPECT_FALSE(ParseIdRange("4294967295:65536").ok());
}

TEST(IdRangeTest, RefusesWhatIsNone) {
  for (const char* text :
       {"", ":", "100000", "100000:", ":65536", "100000:65536:1", "root:1:2",
        "-1:65536", "100000:-1", "1e5:65536", "99999999999:65536"}) {
    EXPECT_EQ(ParseIdRange(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

// Otherwise a program that escapes is a user of the machine, or even root.
TEST(IdRangeTest, RefusesTheMachinesOwnUsers) {
  EXPECT_FALSE(ParseIdRange("0:65536").ok());
  EXPECT_FALSE(ParseIdRange("1000:131072").ok());
  EXPECT_TRUE(ParseIdRange("65536:65536").ok());
}

TEST(IdRangeTest, RefusesLessThanImagesUse) {
  EXPECT_FALSE(ParseIdRange("100000:65535").ok());
  EXPECT_FALSE(ParseIdRange("100000:1").ok());
}

}  // namespace
}  // namespace kso::worker

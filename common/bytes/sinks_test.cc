// SPDX-License-Identifier: Apache-2.0
#include "common/bytes/sinks.h"

#include "gtest/gtest.h"

namespace kso {
namespace {

TEST(StringSinkTest, KeepsWhatItIsGivenUntilItIsTaken) {
  StringSink sink;
  EXPECT_TRUE(sink.Write("one ").ok());
  EXPECT_TRUE(sink.Write("two").ok());
  EXPECT_EQ(sink.content(), "one two");
  EXPECT_EQ(sink.Take(), "one two");
  EXPECT_EQ(sink.content(), "");
}

TEST(StringSinkTest, TakesAsMuchAsIsAllowedAndNoMore) {
  StringSink sink(5);
  EXPECT_TRUE(sink.Write("12345").ok());
  EXPECT_TRUE(sink.Write("").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(sink.Write("6")));
  EXPECT_EQ(sink.content(), "12345");
}

TEST(CountingSinkTest, CountsOnTheWay) {
  StringSink kept;
  CountingSink counted(&kept);
  EXPECT_TRUE(counted.Write("four").ok());
  EXPECT_TRUE(counted.Write("teen").ok());
  EXPECT_EQ(counted.count(), 8);
  EXPECT_EQ(kept.content(), "fourteen");
}

}  // namespace
}  // namespace kso

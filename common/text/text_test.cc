// SPDX-License-Identifier: Apache-2.0
#include "common/text/text.h"

#include <string>

#include "gtest/gtest.h"

namespace kso {
namespace {

TEST(FormatBytesTest, ChoosesTheUnitThatReadsBest) {
  EXPECT_EQ(FormatBytes(0), "0 B");
  EXPECT_EQ(FormatBytes(1023), "1023 B");
  EXPECT_EQ(FormatBytes(1024), "1.0 KiB");
  EXPECT_EQ(FormatBytes(1536), "1.5 KiB");
  EXPECT_EQ(FormatBytes((int64_t{1} << 30) - 1), "1.0 GiB");
  EXPECT_EQ(FormatBytes(int64_t{3} << 30), "3.0 GiB");
  EXPECT_EQ(FormatBytes(int64_t{1} << 60), "1048576.0 TiB");
}

TEST(FormatBytesTest, SaysWhenTheNumberIsNotKnown) {
  EXPECT_EQ(FormatBytes(-1), "unknown");
}

TEST(CountTest, KnowsThePlural) {
  EXPECT_EQ(Count(0, "layer"), "0 layers");
  EXPECT_EQ(Count(1, "layer"), "1 layer");
  EXPECT_EQ(Count(2, "layer"), "2 layers");
}

TEST(RandomHexTest, HasSoManyDigitsAndIsNeverTheSame) {
  for (const int digits : {5, 16, 32}) {
    const std::string text = RandomHex(digits);
    EXPECT_EQ(text.size(), static_cast<size_t>(digits));
    EXPECT_EQ(text.find_first_not_of("0123456789abcdef"), std::string::npos)
        << text;
  }
  EXPECT_NE(RandomHex(16), RandomHex(16));
}

}  // namespace
}  // namespace kso

// SPDX-License-Identifier: Apache-2.0
#include "common/text/percent_coding.h"

#include <string>

#include "gtest/gtest.h"

namespace kso {
namespace {

TEST(PercentCodingTest, EncodesParametersOfQueries) {
  EXPECT_EQ(PercentEncode("sha256:a/b c&d"), "sha256%3Aa%2Fb%20c%26d");
  EXPECT_EQ(PercentEncode("a-._~\xc3\xa9"), "a-._~%C3%A9");
}

TEST(PercentCodingTest, LeavesAPathsOwnCharactersAlone) {
  EXPECT_EQ(PercentEncodePath("k8s/a-._~!$&'()*+,;=:@/b"),
            "k8s/a-._~!$&'()*+,;=:@/b");
  EXPECT_EQ(PercentEncodePath("a b%?#\"\x7f"), "a%20b%25%3F%23%22%7F");
}

TEST(PercentCodingTest, DecodesWhatItEncodes) {
  std::string all;
  for (int c = 0; c < 256; ++c) all += static_cast<char>(c);
  EXPECT_EQ(PercentDecode(PercentEncode(all)), all);
  EXPECT_EQ(PercentDecode(PercentEncodePath(all)), all);
  EXPECT_EQ(PercentDecode("v1%2bk3s%2B1+2"), "v1+k3s+1+2");
}

TEST(PercentCodingTest, APercentWantsTwoHexDigits) {
  for (const char* text : {"%", "a%", "a%2", "a%zz", "%2g", "%%41"}) {
    EXPECT_EQ(PercentDecode(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace kso

// SPDX-License-Identifier: Apache-2.0
#include "common/oci/platform.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kso::oci {
namespace {

bool Satisfies(const char* offered, const char* wanted) {
  return PlatformSatisfies(*ParsePlatform(offered), *ParsePlatform(wanted));
}

TEST(PlatformTest, ParsesWhatItFormats) {
  for (const char* text : {"linux/amd64", "linux/arm/v7", "unknown/unknown"}) {
    const auto platform = ParsePlatform(text);
    ASSERT_TRUE(platform.ok()) << platform.status();
    EXPECT_EQ(FormatPlatform(*platform), text);
  }
  for (const char* text :
       {"", "linux", "linux/", "/amd64", "linux/arm/", "linux/arm/v7/x",
        "linux/../x", "linux/a b", "linux/.."}) {
    EXPECT_FALSE(ParsePlatform(text).ok()) << text;
  }
}

TEST(PlatformTest, AVariantOnlyMattersWhenOneIsWanted) {
  EXPECT_TRUE(Satisfies("linux/arm64/v8", "linux/arm64"));
  EXPECT_TRUE(Satisfies("linux/arm64", "linux/arm64/v8"));
  EXPECT_FALSE(Satisfies("linux/arm64", "linux/arm64/v9"));
  EXPECT_TRUE(Satisfies("linux/arm/v6", "linux/arm"));
  EXPECT_FALSE(Satisfies("linux/arm/v6", "linux/arm/v7"));
  EXPECT_FALSE(Satisfies("linux/amd64", "linux/arm64"));
  EXPECT_FALSE(Satisfies("windows/amd64", "linux/amd64"));
}

TEST(PlatformTest, AProcessorMayNotRunAHigherVariantThanItsBaseline) {
  EXPECT_TRUE(Satisfies("linux/amd64/v1", "linux/amd64"));
  EXPECT_TRUE(Satisfies("linux/amd64", "linux/amd64/v1"));
  EXPECT_TRUE(Satisfies("linux/amd64/v2", "linux/amd64/v2"));
  EXPECT_FALSE(Satisfies("linux/amd64/v2", "linux/amd64"));
  EXPECT_FALSE(Satisfies("linux/amd64/v3", "linux/amd64/v2"));
  EXPECT_FALSE(Satisfies("linux/arm64/v9", "linux/arm64"));
  EXPECT_FALSE(Satisfies("linux/arm64/v9", "linux/arm64/v8"));
}

int Choose(const std::vector<std::string>& offered, const char* wanted) {
  std::vector<v1::Platform> platforms;
  for (const std::string& text : offered) {
    platforms.push_back(*ParsePlatform(text));
  }
  return ChoosePlatform(platforms, *ParsePlatform(wanted));
}

TEST(PlatformTest, TheSamePlatformIsTakenBeforeOneThatWillDo) {
  EXPECT_EQ(Choose({"linux/amd64/v2", "linux/amd64"}, "linux/amd64"), 1);
  EXPECT_EQ(Choose({"linux/amd64/v3", "linux/amd64/v1"}, "linux/amd64"), 1);
  EXPECT_EQ(Choose({"linux/arm64/v9", "linux/arm64/v8"}, "linux/arm64"), 1);
  EXPECT_EQ(Choose({"linux/arm64", "linux/arm64/v8"}, "linux/arm64/v8"), 0);
  EXPECT_EQ(Choose({"linux/arm/v6", "linux/arm"}, "linux/arm"), 1);
  EXPECT_EQ(Choose({"linux/s390x", "linux/arm/v6"}, "linux/arm"), 1);
  EXPECT_EQ(Choose({"linux/amd64/v2"}, "linux/amd64"), -1);
  EXPECT_EQ(Choose({}, "linux/amd64"), -1);
}

}  // namespace
}  // namespace kso::oci

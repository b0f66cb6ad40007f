// SPDX-License-Identifier: Apache-2.0
#include "common/pki/spiffe_id.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::pki {
namespace {

using ::testing::HasSubstr;

TEST(SpiffeIdTest, ReadsWhatItWrites) {
  const SpiffeId id{"kso", "work", "Box-1.example_a"};
  const auto uri = FormatSpiffeId(id);
  ASSERT_TRUE(uri.ok()) << uri.status();
  EXPECT_EQ(*uri, "spiffe://kso/work/Box-1.example_a");
  const auto parsed = ParseSpiffeId(*uri);
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, id);
}

TEST(SpiffeIdTest, TakesTheExactFormOnly) {
  const std::string_view bad[] = {
      "",
      "spiffe://",
      "spiffe://kso",
      "spiffe://kso/",
      "spiffe://kso/work",
      "spiffe://kso/work/",
      "spiffe://kso//box",
      "spiffe:///work/box",
      "spiffe://kso/work/box/",
      "spiffe://kso/work/box/more",
      "spiffe://kso/work/..",
      "spiffe://kso/work/.",
      "spiffe://kso/../box",
      "spiffe://kso/Work/box",
      "spiffe://KSO/work/box",
      "SPIFFE://kso/work/box",
      "https://kso/work/box",
      "spiffe:/kso/work/box",
      "spiffe://kso:8443/work/box",
      "spiffe://user@kso/work/box",
      "spiffe://kso/work/box?admin",
      "spiffe://kso/work/box#admin",
      "spiffe://kso/work/b%6Fx",
      "spiffe://kso/work/box\n",
      " spiffe://kso/work/box",
      "spiffe://kso/work/b\xc3\xb6x",
  };
  for (const std::string_view uri : bad) {
    EXPECT_FALSE(ParseSpiffeId(uri).ok()) << uri;
  }
  const std::string with_nul("spiffe://kso/work/box\0", 22);
  EXPECT_FALSE(ParseSpiffeId(with_nul).ok());
}

TEST(SpiffeIdTest, BoundsEachPart) {
  const std::string longest(kLongestIdentityName, 'n');
  EXPECT_TRUE(IsIdentityName(longest));
  EXPECT_FALSE(IsIdentityName(longest + "n"));
  EXPECT_FALSE(FormatSpiffeId({std::string(256, 'd'), "work", "box"}).ok());
}

TEST(SpiffeIdTest, WritesNoPartThatWouldBeReadAsAnother) {
  EXPECT_FALSE(FormatSpiffeId({"kso", "view", "a/../admin/b"}).ok());
  EXPECT_FALSE(FormatSpiffeId({"kso/admin/x", "view", "a"}).ok());
  EXPECT_FALSE(FormatSpiffeId({"kso", "", "a"}).ok());
}

TEST(SpiffeIdTest, SaysWhichNamesAreTaken) {
  const absl::Status status = CheckIdentityName("box 1\x1b[2J", "a worker");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("no name for a worker"));
  EXPECT_EQ(status.message().find('\x1b'), absl::string_view::npos);
  EXPECT_TRUE(CheckIdentityName("box-1", "a worker").ok());
}

}  // namespace
}  // namespace kso::pki

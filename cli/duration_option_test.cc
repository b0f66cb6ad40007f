// SPDX-License-Identifier: Apache-2.0
#include "cli/duration_option.h"

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace kso::cli {
namespace {

TEST(ParseDurationOption, TakesTimesWithTheirUnits) {
  EXPECT_EQ(*ParseDurationOption("--since", "90s"), absl::Seconds(90));
  EXPECT_EQ(*ParseDurationOption("--since", "1h30m"), absl::Minutes(90));
  EXPECT_EQ(*ParseDurationOption("--since", "0"), absl::ZeroDuration());
}

TEST(ParseDurationOption, SaysWhatToWriteOtherwise) {
  for (const char* text :
       {"", "10", "-5m", "inf", "-inf", "tomorrow", "10 m", "1d", "10m\n"}) {
    const absl::Status status = ParseDurationOption("--since", text).status();
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << text;
    EXPECT_TRUE(absl::StartsWith(status.message(), "--since ")) << status;
    EXPECT_TRUE(absl::EndsWith(status.message(), "72h")) << status;
    EXPECT_FALSE(absl::StrContains(status.message(), "\n")) << status;
  }
}

}  // namespace
}  // namespace kso::cli

// SPDX-License-Identifier: Apache-2.0
#include "common/text/suggest.h"

#include "gtest/gtest.h"

namespace kso {
namespace {

TEST(DidYouMean, FindsTheNearest) {
  const std::vector<std::string> commands = {"submit", "status", "logs"};
  EXPECT_EQ(DidYouMean("sumbit", commands), "did you mean 'submit'?");
  EXPECT_EQ(DidYouMean("Status", commands), "did you mean 'status'?");
  EXPECT_EQ(DidYouMean("log", commands), "did you mean 'logs'?");
}

TEST(DidYouMean, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(DidYouMean("frobnicate", {"submit", "logs"}), "");
  EXPECT_EQ(DidYouMean("", {"up"}), "");
  EXPECT_EQ(DidYouMean("xy", {"up"}), "");
}

}  // namespace
}  // namespace kso

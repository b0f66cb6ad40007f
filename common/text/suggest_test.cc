// SPDX-License-Identifier: Apache-2.0
#include "common/text/suggest.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace kso {
namespace {

TEST(DidYouMean, FindsTheNearest) {
  const std::vector<std::string> commands = {"submit", "status", "logs"};
  EXPECT_EQ(DidYouMean("sumbit", commands), "did you mean 'submit'?");
  EXPECT_EQ(DidYouMean("Status", commands), "did you mean 'status'?");
  EXPECT_EQ(DidYouMean("log", commands), "did you mean 'logs'?");
  EXPECT_EQ(DidYouMean("logss", commands), "did you mean 'logs'?");
  EXPECT_EQ(DidYouMean("lxgs", commands), "did you mean 'logs'?");
  EXPECT_EQ(DidYouMean("statuz", {"status", "statues"}),
            "did you mean 'status'?");
}

TEST(DidYouMean, IsSilentWhenNothingIsNear) {
  EXPECT_EQ(DidYouMean("frobnicate", {"submit", "logs"}), "");
  EXPECT_EQ(DidYouMean("", {"up"}), "");
  EXPECT_EQ(DidYouMean("xy", {"up"}), "");
  // Two letters are half of the first, and the rest is more than two away.
  EXPECT_EQ(DidYouMean("lxxs", {"logs"}), "");
  EXPECT_EQ(DidYouMean("kubexyz", {"kubelet"}), "");
  EXPECT_EQ(DidYouMean("frobnistatus", {"status"}), "");
  EXPECT_EQ(DidYouMean("lo", {"logarithm"}), "");
}

TEST(DidYouMean, IsSilentOnWhatIsTooLongForAMistake) {
  const std::string name(64, 'x');
  EXPECT_NE(DidYouMean(name.substr(1) + "y", {name}), "");
  EXPECT_EQ(DidYouMean(name + "y", {name}), "");
}

}  // namespace
}  // namespace kso

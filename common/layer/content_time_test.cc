// SPDX-License-Identifier: Apache-2.0
#include "common/layer/content_time.h"

#include <set>
#include <string>

#include "gtest/gtest.h"

namespace kso {
namespace {

TEST(ContentTimeTest, FollowsFromTheContent) {
  EXPECT_EQ(ContentTime(Sha256Of("a")), ContentTime(Sha256Of("a")));
  std::set<int64_t> times;
  for (int i = 0; i < 1000; ++i) {
    times.insert(ContentTime(Sha256Of(std::to_string(i))));
  }
  EXPECT_GE(times.size(), 999U);
}

TEST(ContentTimeTest, IsThePastForEveryClient) {
  const auto of = [](char digit) {
    return ContentTime(*Digest::Parse("sha256:" + std::string(64, digit)));
  };
  // Old releases served all files with time 0.
  EXPECT_EQ(of('0'), 1);
  EXPECT_EQ(of('f'), int64_t{1} << 30);
}

}  // namespace
}  // namespace kso

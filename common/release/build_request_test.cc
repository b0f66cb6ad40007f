// SPDX-License-Identifier: Apache-2.0
#include "common/release/build_request.h"

#include <string>

#include "gtest/gtest.h"

namespace kso::release {
namespace {

TEST(BuildRequestTest, IdsAreShortWordsOfLowercaseLettersAndDigits) {
  for (const std::string& id : {std::string("20240131-120405-x7k2p"),
                                std::string("a"), std::string(64, '0')}) {
    EXPECT_TRUE(CheckBuildId(id).ok()) << id;
  }
  for (const std::string& id :
       {std::string(), std::string(65, 'a'), std::string("A"),
        std::string("a_b"), std::string("../a"), std::string("a\n"),
        std::string("\xc3\xa9")}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckBuildId(id))) << id;
  }
}

TEST(BuildRequestTest, PrioritiesHaveARange) {
  for (const int priority : {-100, 0, 100}) {
    EXPECT_TRUE(CheckPriority(priority).ok()) << priority;
  }
  for (const int priority : {-101, 101}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckPriority(priority))) << priority;
  }
}

}  // namespace
}  // namespace kso::release

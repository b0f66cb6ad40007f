// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/auth_challenge.h"

#include <gtest/gtest.h>

namespace kso::oci {
namespace {

TEST(AuthChallengeTest, ReadsBearerParameters) {
  const auto challenges = ParseAuthChallenges(
      R"(Bearer realm="https://auth.docker.io/token",service="registry.docker.io",)"
      R"(scope="repository:samalba/my-app:pull,push" , error=invalid_token)");
  ASSERT_EQ(challenges.size(), 1u);
  EXPECT_EQ(challenges[0].scheme, "bearer");
  EXPECT_EQ(challenges[0].parameters.at("realm"),
            "https://auth.docker.io/token");
  EXPECT_EQ(challenges[0].parameters.at("scope"),
            "repository:samalba/my-app:pull,push");
  EXPECT_EQ(challenges[0].parameters.at("error"), "invalid_token");
}

TEST(AuthChallengeTest, ReadsSeveralChallenges) {
  const auto challenges =
      ParseAuthChallenges(R"(BASIC realm="a \"b\"", Bearer Realm = "c")");
  ASSERT_EQ(challenges.size(), 2u);
  EXPECT_EQ(challenges[0].scheme, "basic");
  EXPECT_EQ(challenges[0].parameters.at("realm"), "a \"b\"");
  EXPECT_EQ(challenges[1].parameters.at("realm"), "c");
}

TEST(AuthChallengeTest, EndsOnWhatItCannotRead) {
  for (const char* header :
       {"", ",", "=", "\"", "Bearer realm=\"open",
        "Bearer =", "= = =", "Bearer realm=", "\"\"\"", "a=\"\\"}) {
    for (const AuthChallenge& challenge : ParseAuthChallenges(header)) {
      EXPECT_TRUE(challenge.parameters.empty() ||
                  challenge.parameters.begin()->second.empty())
          << header;
    }
  }
}

}  // namespace
}  // namespace kso::oci

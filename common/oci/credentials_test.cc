// SPDX-License-Identifier: Apache-2.0
#include "common/oci/credentials.h"

#include <gtest/gtest.h>

#include <string>

namespace kso::oci {
namespace {

// "hub:secret", "team:pass:word" and "site:other" in base64.
constexpr char kFile[] = R"({
  "auths": {
    "https://index.docker.io/v1/": {"auth": "aHViOnNlY3JldA=="},
    "quay.io/team": {"auth": "dGVhbTpwYXNzOndvcmQ="},
    "quay.io": {"auth": "c2l0ZTpvdGhlcg=="},
    "token.example.com": {"identitytoken": "abc"},
    "helper.example.com": {}
  }
})";

TEST(CredentialsTest, FindsTheMostSpecificLogin) {
  const auto credentials = Credentials::FromJson(kFile);
  ASSERT_TRUE(credentials.ok()) << credentials.status();
  const auto find = [&](const char* host, const char* repository) {
    return *credentials->Find(host, repository);
  };
  EXPECT_EQ(find("quay.io", "team/image")->username, "team");
  EXPECT_EQ(find("quay.io", "team/image")->password, "pass:word");
  EXPECT_EQ(find("quay.io", "teams/image")->username, "site");
  EXPECT_EQ(find("token.example.com", "a")->identity_token, "abc");
  EXPECT_FALSE(find("helper.example.com", "a").has_value());
  EXPECT_FALSE(find("example.com", "quay.io").has_value());
}

TEST(CredentialsTest, DockerHubHasManyNames) {
  const auto credentials = Credentials::FromJson(kFile);
  ASSERT_TRUE(credentials.ok());
  for (const char* host : {"docker.io", "registry-1.docker.io"}) {
    EXPECT_EQ((**credentials->Find(host, "library/nginx")).username, "hub");
  }
}

TEST(CredentialsTest, ABadLoginIsNamedButNotShown) {
  const auto credentials =
      Credentials::FromJson(R"({"auths":{"quay.io":{"auth":"c2VjcmV0"}}})");
  EXPECT_EQ(credentials.status().code(), absl::StatusCode::kInvalidArgument);
  const std::string message(credentials.status().message());
  EXPECT_NE(message.find("quay.io"), std::string::npos);
  EXPECT_EQ(message.find("secret"), std::string::npos);
  EXPECT_EQ(message.find("c2VjcmV0"), std::string::npos);
}

TEST(CredentialsTest, NobodyIsKnownByDefault) {
  EXPECT_FALSE(Credentials().Find("quay.io", "a")->has_value());
  EXPECT_TRUE(Credentials::FromJson("{}").ok());
  EXPECT_FALSE(Credentials::FromJson("not json").ok());
}

}  // namespace
}  // namespace kso::oci

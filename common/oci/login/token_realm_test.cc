// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/token_realm.h"

#include <gtest/gtest.h>

#include <string>

namespace kso::oci {
namespace {

bool Allowed(const std::string& registry, const std::string& realm,
             const TokenRealms& more = {}) {
  return CheckTokenRealm(*http::Url::Parse(registry), *http::Url::Parse(realm),
                         more)
      .ok();
}

TEST(TokenRealmTest, OwnOriginAndKnownPairs) {
  EXPECT_TRUE(Allowed("https://quay.io/v2/", "https://quay.io/v2/auth"));
  EXPECT_TRUE(
      Allowed("https://registry-1.docker.io/", "https://auth.docker.io/token"));
  EXPECT_TRUE(
      Allowed("https://registry.gitlab.com/", "https://gitlab.com/jwt/auth"));
  EXPECT_TRUE(Allowed("http://127.0.0.1:5000/", "http://127.0.0.1:5000/token"));
}

TEST(TokenRealmTest, OthersOnlyWhenConfigured) {
  EXPECT_FALSE(Allowed("https://quay.io/", "https://auth.docker.io/token"));
  EXPECT_FALSE(Allowed("https://a.example.com/", "https://b.example.com/"));
  EXPECT_TRUE(Allowed("https://a.example.com/", "https://b.example.com/",
                      {{"a.example.com", {"b.example.com"}}}));
  EXPECT_FALSE(Allowed("https://c.example.com/", "https://b.example.com/",
                       {{"a.example.com", {"b.example.com"}}}));
  EXPECT_FALSE(Allowed("https://a.example.com/", "https://169.254.169.254/"));
}

TEST(TokenRealmTest, AnotherPortOfTheSameHostIsTheSameHost) {
  EXPECT_TRUE(Allowed("https://gitlab.example.com:5050/",
                      "https://gitlab.example.com/jwt/auth"));
  EXPECT_TRUE(Allowed("https://a.example.com/", "https://a.example.com:444/"));
  EXPECT_TRUE(Allowed("https://[fd00::1]:5050/", "https://[fd00::1]/jwt"));
  EXPECT_TRUE(Allowed("http://10.0.0.1:5000/", "https://10.0.0.1:5001/auth"));
  EXPECT_FALSE(Allowed("https://a.example.com/", "http://a.example.com:444/"));
  EXPECT_TRUE(Allowed("http://10.0.0.1:5000/", "http://10.0.0.1:5001/auth"));
  EXPECT_FALSE(Allowed("http://10.0.0.1:5000/", "http://10.0.0.2:5000/auth"));
  EXPECT_FALSE(Allowed("https://[fd00::1]:5050/", "https://[fd00::2]/jwt"));
  EXPECT_FALSE(
      Allowed("https://example.com:5050/", "https://example.com.evil.net/"));
  EXPECT_FALSE(
      Allowed("https://registry.example.com/", "https://example.com/"));
}

TEST(TokenRealmTest, APairOfOneRegistryAllowsNoOtherHost) {
  const TokenRealms more = {{"a.example.com", {"b.example.com"}}};
  EXPECT_FALSE(
      Allowed("https://a.example.com/", "https://evil.example.net/", more));
  EXPECT_FALSE(Allowed("https://a.example.com/",
                       "https://b.example.com.evil.net/", more));
  EXPECT_FALSE(
      Allowed("https://b.example.com/", "https://a.example.com/", more));
  EXPECT_FALSE(
      Allowed("http://registry-1.docker.io/", "http://auth.docker.io/", more));
  EXPECT_FALSE(
      Allowed("https://registry.gitlab.com/", "https://auth.docker.io/", more));
}

TEST(TokenRealmTest, SettingsNameARegistryAndItsHosts) {
  const auto realms = ParseTokenRealms({"a.example.com=b.example.com",
                                        "a.example.com=c.example.com:444",
                                        "docker.io=login.example.com"});
  ASSERT_TRUE(realms.ok()) << realms.status();
  for (const char* realm :
       {"https://b.example.com/t", "https://c.example.com:444/t"}) {
    EXPECT_TRUE(Allowed("https://a.example.com/", realm, *realms)) << realm;
  }
  EXPECT_FALSE(
      Allowed("https://a.example.com/", "https://c.example.com/t", *realms));
  EXPECT_TRUE(Allowed("https://registry-1.docker.io/",
                      "https://login.example.com/t", *realms));
  for (const char* wrong :
       {"", "a.example.com", "a.example.com=", "=b.example.com",
        "a.example.com=https://b.example.com",
        "a.example.com/x=b.example.com"}) {
    const absl::Status status = ParseTokenRealms({wrong}).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << wrong;
    EXPECT_NE(status.message().find("REGISTRY=HOST"), std::string::npos);
  }
}

TEST(TokenRealmTest, NeverFromHttpsToHttp) {
  EXPECT_FALSE(Allowed("https://quay.io/", "http://quay.io/token"));
  EXPECT_FALSE(Allowed("https://a.example.com/", "http://b.example.com/",
                       {{"a.example.com", {"b.example.com"}}}));
  EXPECT_FALSE(Allowed("https://c.example.com/", "https://b.example.com/",
                       {{"a.example.com", {"b.example.com"}}}));
}

}  // namespace
}  // namespace kso::oci

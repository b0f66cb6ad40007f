// SPDX-License-Identifier: Apache-2.0
#include "common/oci/login/login_policy.h"

#include <string>

#include "common/http/url.h"
#include "common/oci/login/login_places.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::oci {
namespace {

using ::testing::HasSubstr;

http::Url At(const std::string& url) { return *http::Url::Parse(url); }

TEST(LoginPolicyTest, NoLoginGoesOverPlainHttpButToLoopback) {
  const LoginPolicy policy;
  EXPECT_TRUE(policy.Check(At("https://a.example.com/v2/"), "team").ok());
  EXPECT_TRUE(policy.Check(At("http://127.0.0.1:5000/v2/"), "team").ok());
  EXPECT_TRUE(policy.Check(At("http://localhost:5000/v2/"), "team").ok());
  const absl::Status refused =
      policy.Check(At("http://a.example.com/v2/"), "team");
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("--plain-http-login a.example.com"));
  EXPECT_FALSE(policy.Check(At("http://10.0.0.1:5000/v2/"), "team").ok());
}

TEST(LoginPolicyTest, TheOperatorNamesHostsThatGetItOverPlainHttp) {
  const auto policy =
      LoginPolicy::Create({"a.example.com", "10.0.0.1:5000"}, {});
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_TRUE(policy->Check(At("http://a.example.com/v2/"), "").ok());
  EXPECT_TRUE(policy->Check(At("http://a.example.com:5000/v2/"), "").ok());
  EXPECT_TRUE(policy->Check(At("http://10.0.0.1:5000/v2/"), "").ok());
  EXPECT_FALSE(policy->Check(At("http://10.0.0.1:5001/v2/"), "").ok());
  EXPECT_FALSE(policy->Check(At("http://b.a.example.com/v2/"), "").ok());
}

TEST(LoginPolicyTest, LoginsAreForWhatTheOperatorLists) {
  const auto policy = LoginPolicy::Create(
      {}, {"a.example.com/team", "b.example.com", "docker.io/library"});
  ASSERT_TRUE(policy.ok()) << policy.status();
  const auto allows = [&](const std::string& url, const std::string& path) {
    return policy->Check(At(url), path).ok();
  };
  EXPECT_TRUE(allows("https://a.example.com/v2/", "team"));
  EXPECT_TRUE(allows("https://a.example.com/v2/", "team/app"));
  EXPECT_TRUE(allows("https://a.example.com:8443/v2/", "team/app"));
  EXPECT_TRUE(allows("https://b.example.com/v2/", "anything"));
  EXPECT_TRUE(allows("https://registry-1.docker.io/v2/", "library/nginx"));
  EXPECT_FALSE(allows("https://a.example.com/v2/", "teammates/app"));
  EXPECT_FALSE(allows("https://a.example.com/v2/", "other"));
  EXPECT_FALSE(allows("https://c.example.com/v2/", "team"));
  EXPECT_FALSE(allows("https://registry-1.docker.io/v2/", "mine/app"));
}

TEST(LoginPolicyTest, ABuildMayHaveLessThanTheMachine) {
  const auto machine =
      LoginPolicy::Create({}, {"a.example.com", "docker.io/library"});
  ASSERT_TRUE(machine.ok()) << machine.status();
  const LoginPolicy build = machine->LimitedTo(
      *LoginPlaces::Parse({"a.example.com/team", "c.example.com"}));
  EXPECT_TRUE(build.Check(At("https://a.example.com/v2/"), "team/app").ok());
  const absl::Status refused =
      build.Check(At("https://a.example.com/v2/"), "other/app");
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("submitted"));
  // A submitter gets nothing that the machine's operator does not give.
  EXPECT_FALSE(build.Check(At("https://c.example.com/v2/"), "x").ok());
  EXPECT_FALSE(
      build.Check(At("https://registry-1.docker.io/v2/"), "library/x").ok());
  EXPECT_FALSE(build.CheckFile(At("https://a.example.com/other/x")).ok());
}

TEST(LoginPolicyTest, WhoHasNoPlacesHasNoLogins) {
  const LoginPolicy build = LoginPolicy().LimitedTo({});
  EXPECT_FALSE(build.Check(At("https://a.example.com/v2/"), "team").ok());
  EXPECT_FALSE(build.Check(At("http://127.0.0.1:5000/v2/"), "team").ok());
}

TEST(LoginPolicyTest, AFileIsKnownByItsPath) {
  const auto policy = LoginPolicy::Create({}, {"files.example.com/ours"});
  ASSERT_TRUE(policy.ok()) << policy.status();
  EXPECT_TRUE(
      policy->CheckFile(At("https://files.example.com/ours/a?x=/b")).ok());
  EXPECT_FALSE(policy->CheckFile(At("https://files.example.com/a/ours")).ok());
  EXPECT_FALSE(policy->CheckFile(At("https://files.example.com/?/ours")).ok());
}

TEST(LoginPolicyTest, WhatIsNoHostIsNamedWithItsFlag) {
  EXPECT_THAT(
      std::string(LoginPolicy::Create({"http://a"}, {}).status().message()),
      HasSubstr("--plain-http-login \"http://a\""));
  EXPECT_THAT(
      std::string(LoginPolicy::Create({}, {"/team"}).status().message()),
      HasSubstr("--logins-for \"/team\""));
}

}  // namespace
}  // namespace kso::oci

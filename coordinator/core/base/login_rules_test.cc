// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/base/login_rules.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

v1::SubmitBuildRequest From(const std::string& who,
                            const std::vector<std::string>& roles = {"submit"},
                            const std::string& destination = "") {
  v1::SubmitBuildRequest request;
  request.set_submitted_by(who);
  for (const std::string& role : roles) request.add_submitter_roles(role);
  v1::Destination& to = *request.mutable_release()->mutable_destination();
  to.set_kind(v1::Destination::REGISTRY);
  to.set_location(destination);
  return request;
}

TEST(LoginRulesTest, WithoutASubmitterInThemTheyDivideNobody) {
  EXPECT_FALSE(LoginRules().divide());
  const auto rules = LoginRules::Parse({"a.example.com/team", "docker.io"});
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_FALSE(rules->divide());
  EXPECT_THAT(rules->places(), ElementsAre("a.example.com/team", "docker.io"));
}

TEST(LoginRulesTest, ASubmitterHasWhatIsForItAndForEverybody) {
  const auto rules = LoginRules::Parse(
      {"docker.io", "a.example.com/one=alice,one-*",
       "a.example.com/two=repo:acme/farm:ref:refs/heads/main",
       "a.example.com/ops=role:admin", "a.example.com/ci=role:submit"});
  ASSERT_TRUE(rules.ok()) << rules.status();
  EXPECT_TRUE(rules->divide());
  const auto places = [&](const v1::SubmitBuildRequest& request) {
    const v1::LoginScope scope = rules->ScopeOf(request);
    return std::vector<std::string>(scope.places().begin(),
                                    scope.places().end());
  };
  EXPECT_THAT(
      places(From("alice")),
      ElementsAre("docker.io", "a.example.com/one", "a.example.com/ci"));
  EXPECT_THAT(
      places(From("one-ci")),
      ElementsAre("docker.io", "a.example.com/one", "a.example.com/ci"));
  EXPECT_THAT(places(From("alice2")),
              ElementsAre("docker.io", "a.example.com/ci"));
  EXPECT_THAT(places(From("one")),
              ElementsAre("docker.io", "a.example.com/ci"));
  EXPECT_THAT(places(From("one_ci")),
              ElementsAre("docker.io", "a.example.com/ci"));
  EXPECT_THAT(
      places(From("one-")),
      ElementsAre("docker.io", "a.example.com/one", "a.example.com/ci"));
  EXPECT_THAT(places(From("repo:acme/farm:ref:refs/heads/main", {})),
              ElementsAre("docker.io", "a.example.com/two"));
  EXPECT_THAT(
      places(From("root", {"submit", "admin"})),
      ElementsAre("docker.io", "a.example.com/ops", "a.example.com/ci"));
  // A pipeline's subject, which its issuer chooses.
  EXPECT_THAT(places(From("one-x:ref:main", {})), ElementsAre("docker.io"));
  EXPECT_THAT(places(From("oidc:alice", {})), ElementsAre("docker.io"));
  // A name is no role, whatever it looks like.
  EXPECT_THAT(places(From("role:admin", {})), ElementsAre("docker.io"));
  EXPECT_THAT(rules->places().size(), 5U);
}

TEST(LoginRulesTest, WhoIsNamedNowhereHasNothing) {
  const auto rules = LoginRules::Parse({"a.example.com=alice"});
  ASSERT_TRUE(rules.ok());
  EXPECT_THAT(rules->ScopeOf(From("mallory")).places(), IsEmpty());
  EXPECT_THAT(rules->ScopeOf(From("")).places(), IsEmpty());
}

TEST(LoginRulesTest, ADestinationOfOthersIsRefusedBeforeAnythingIsFetched) {
  const auto rules =
      LoginRules::Parse({"a.example.com/team=alice", "a.example.com/all",
                         "b.example.com:5000=alice"});
  ASSERT_TRUE(rules.ok());
  const auto check = [&](const std::string& who, const std::string& to) {
    return rules->CheckDestination(From(who, {"submit"}, to));
  };
  EXPECT_TRUE(check("alice", "a.example.com/team/images").ok());
  const absl::Status refused = check("mallory", "a.example.com/team/images");
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(refused.message()),
              HasSubstr("a.example.com/team=mallory"));
  EXPECT_FALSE(check("mallory", "a.example.com/team").ok());
  EXPECT_FALSE(check("mallory", "b.example.com:5000/x").ok());
  // A place that no rule names has no login to protect.
  EXPECT_TRUE(check("mallory", "a.example.com/teammates").ok());
  EXPECT_TRUE(check("mallory", "a.example.com/all/mine").ok());
  EXPECT_TRUE(check("mallory", "c.example.com/team").ok());
  v1::SubmitBuildRequest directory = From("mallory", {}, "a.example.com/team");
  directory.mutable_release()->mutable_destination()->set_kind(
      v1::Destination::OCI_LAYOUT);
  EXPECT_TRUE(rules->CheckDestination(directory).ok());
}

TEST(LoginRulesTest, WhatIsMisspeltIsNamed) {
  for (const char* bad :
       {"=alice", "a b=alice", "a.example.com=", "a.example.com=alice,",
        "a.example.com=*lice", "a.example.com=role:work",
        "a.example.com=role:", "https://a.example.com=alice"}) {
    const auto rules = LoginRules::Parse({bad});
    EXPECT_THAT(std::string(rules.status().message()),
                HasSubstr("--logins-for"))
        << bad;
  }
}

}  // namespace
}  // namespace kso::coordinator

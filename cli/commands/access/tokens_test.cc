// SPDX-License-Identifier: Apache-2.0
// `ksoctl tokens` and `ksoctl audit`, as people type them.
#include <string>
#include <vector>

#include "cli/commands/access/access_commands.h"
#include "common/base/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/command_fixture.h"

namespace kso::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

// A coordinator that keeps what it was asked for.
class RecordingCoordinator : public FakeCoordinatorClient {
 public:
  absl::StatusOr<v1::CreateTokenResponse> CreateToken(
      const v1::CreateTokenRequest& request) override {
    created.push_back(request);
    v1::CreateTokenResponse response;
    response.set_token("kso_secret");
    response.mutable_info()->set_id("17");
    return response;
  }
  absl::StatusOr<v1::ListTokensResponse> ListTokens() override {
    v1::ListTokensResponse response;
    v1::TokenInfo* token = response.add_tokens();
    token->set_name("nightly");
    *token->mutable_expires() = ToProto(expires);
    return response;
  }
  absl::StatusOr<v1::TokenInfo> RevokeToken(const std::string& id) override {
    revoked.push_back(id);
    v1::TokenInfo info;
    info.set_name("nightly");
    return info;
  }
  absl::StatusOr<v1::ListAuditResponse> ListAudit(
      const v1::ListAuditRequest& request) override {
    audits.push_back(request);
    v1::ListAuditResponse response;
    response.add_records()->set_what("CancelBuild");
    return response;
  }

  std::vector<v1::CreateTokenRequest> created;
  std::vector<std::string> revoked;
  std::vector<v1::ListAuditRequest> audits;
  absl::Time expires;
};

class TokensTest : public CommandFixture {
 protected:
  int Tokens(const std::vector<std::string>& args) {
    return Run(CreateTokens, coordinator_, args);
  }
  int Audit(const std::vector<std::string>& args) {
    return Run(CreateAudit, coordinator_, args);
  }

  RecordingCoordinator coordinator_;
};

TEST_F(TokensTest, ATokenIsMadeAsItWasAskedFor) {
  ASSERT_EQ(Tokens({"create", "ci", "--role", "submit", "--role", "view",
                    "--expires", "12h"}),
            0)
      << error();
  ASSERT_EQ(coordinator_.created.size(), 1u);
  const v1::CreateTokenRequest& request = coordinator_.created[0];
  EXPECT_EQ(request.name(), "ci");
  EXPECT_THAT(request.roles(), ElementsAre("submit", "view"));
  EXPECT_EQ(FromProto(request.expires_in()), absl::Hours(12));
  // A script takes the token from stdout; a person reads the rest.
  EXPECT_EQ(out(), "kso_secret\n");
  EXPECT_THAT(err(), HasSubstr("Its id is 17."));
}

TEST_F(TokensTest, ATokenIsGoodForThirtyDaysUnlessItIsSaid) {
  ASSERT_EQ(Tokens({"create", "ci", "--role", "view"}), 0) << error();
  ASSERT_EQ(Tokens({"create", "ci", "--role", "view", "--expires", "never"}),
            0);
  ASSERT_EQ(coordinator_.created.size(), 2u);
  EXPECT_EQ(FromProto(coordinator_.created[0].expires_in()), absl::Hours(720));
  EXPECT_FALSE(coordinator_.created[1].has_expires_in());
}

TEST_F(TokensTest, WhatMakesNoSenseIsNotAskedFor) {
  EXPECT_EQ(Tokens({"create", "ci"}), 2);
  EXPECT_THAT(error(), HasSubstr("--role"));
  for (const char* expires : {"soon", "-1h", "inf", "12"}) {
    EXPECT_EQ(Tokens({"create", "ci", "--role", "view",
                      std::string("--expires=") + expires}),
              2)
        << expires;
    EXPECT_THAT(error(), HasSubstr("a time with its unit")) << expires;
  }
  EXPECT_THAT(coordinator_.created, IsEmpty());
}

TEST_F(TokensTest, QuietAndJsonHaveTheTokenAlone) {
  quiet_ = true;
  ASSERT_EQ(Tokens({"create", "ci", "--role", "view"}), 0);
  EXPECT_EQ(out(), "kso_secret\n");
  EXPECT_EQ(err(), "");
  quiet_ = false;
  json_ = true;
  ASSERT_EQ(Tokens({"create", "ci", "--role", "view"}), 0);
  EXPECT_THAT(out(), HasSubstr("\"token\": \"kso_secret\""));
  EXPECT_EQ(err(), "");
}

TEST_F(TokensTest, ListAndRevokeAreNotMistakenForEachOther) {
  coordinator_.expires = clock_.Now() - absl::Seconds(1);
  ASSERT_EQ(Tokens({"ls"}), 0);
  EXPECT_THAT(out(), HasSubstr("nightly"));
  EXPECT_THAT(out(), HasSubstr("expired 2023-12-31"));
  EXPECT_THAT(coordinator_.revoked, IsEmpty());
  ASSERT_EQ(Tokens({"revoke", "3"}), 0);
  EXPECT_THAT(coordinator_.revoked, ElementsAre("3"));
  EXPECT_THAT(out(), HasSubstr("'nightly' is of no use any more"));
  EXPECT_THAT(coordinator_.created, IsEmpty());
}

TEST_F(TokensTest, AnAuditIsOfAllThatIsKeptUnlessATimeIsGiven) {
  ASSERT_EQ(Audit({}), 0) << error();
  EXPECT_THAT(out(), HasSubstr("CancelBuild"));
  ASSERT_EQ(Audit({"--since", "24h", "--limit", "1"}), 0) << error();
  ASSERT_EQ(Audit({"--since", "0s", "--limit", "10000"}), 0) << error();
  ASSERT_EQ(coordinator_.audits.size(), 3u);
  EXPECT_FALSE(coordinator_.audits[0].has_since());
  EXPECT_EQ(coordinator_.audits[0].limit(), 1000);
  EXPECT_EQ(FromProto(coordinator_.audits[1].since()),
            clock_.Now() - absl::Hours(24));
  EXPECT_EQ(coordinator_.audits[1].limit(), 1);
  EXPECT_EQ(FromProto(coordinator_.audits[2].since()), clock_.Now());
  EXPECT_EQ(coordinator_.audits[2].limit(), 10'000);
}

TEST_F(TokensTest, AnAuditOfNoTimeOrNumberIsRefused) {
  EXPECT_EQ(Audit({"--since", "yesterday"}), 2);
  EXPECT_THAT(error(), HasSubstr("--since yesterday: write a time"));
  EXPECT_EQ(Audit({"--since=-1h"}), 2);
  EXPECT_EQ(Audit({"--limit", "0"}), 2);
  EXPECT_EQ(Audit({"--limit", "10001"}), 2);
  EXPECT_THAT(coordinator_.audits, IsEmpty());
}

// Refuses all that is asked of it.
class TokensRefusedTest : public CommandFixture {};

TEST_F(TokensRefusedTest, WhatTheCoordinatorRefusesIsNoSuccess) {
  FakeCoordinatorClient refusing;
  for (const std::vector<std::string>& args :
       std::vector<std::vector<std::string>>{
           {"create", "ci", "--role", "view"}, {"ls"}, {"revoke", "3"}}) {
    EXPECT_EQ(Run(CreateTokens, refusing, args), 1) << args[0];
    EXPECT_EQ(out(), "") << args[0];
    EXPECT_THAT(error(), Not(IsEmpty())) << args[0];
  }
  EXPECT_EQ(Run(CreateAudit, refusing, {}), 1);
}

}  // namespace
}  // namespace kso::cli

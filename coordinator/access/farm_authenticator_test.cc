// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/farm_authenticator.h"

#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using access::Role;
using access::RoleSet;

// Knows one token, "good".
class OneToken : public BearerSource {
 public:
  bool configured() const override { return configured_; }
  bool Recognizes(std::string_view bearer) const override {
    return bearer == "good" || bearer == "bad";
  }
  absl::StatusOr<Principal> Identify(std::string_view bearer) const override {
    if (bearer != "good") return absl::UnauthenticatedError("it has expired");
    Principal principal;
    principal.name = "ci";
    principal.roles = {Role::kSubmit};
    principal.how = IdentifiedBy::kToken;
    return principal;
  }

  bool configured_ = true;
};

class FarmAuthenticatorTest : public ::testing::Test {
 protected:
  static Evidence Certificate(std::vector<std::string> uris) {
    Evidence evidence;
    evidence.has_certificate = true;
    evidence.uris = std::move(uris);
    evidence.remote = "192.0.2.7:1";
    return evidence;
  }
  static Evidence Bearer(std::string_view token) {
    Evidence evidence;
    evidence.bearer = token;
    return evidence;
  }

  OneToken tokens_;
  const std::unique_ptr<Authenticator> closed_ =
      CreateAuthenticator({.certificates = true, .bearers = {&tokens_}});
};

TEST_F(FarmAuthenticatorTest, ACertificateIsItsUri) {
  const auto who =
      closed_->Identify(Certificate({"spiffe://farm/kso/work/box-1"}));
  ASSERT_TRUE(who.ok()) << who.status();
  EXPECT_EQ(who->name, "box-1");
  EXPECT_EQ(who->roles, RoleSet({Role::kWork}));
  EXPECT_EQ(who->how, IdentifiedBy::kCertificate);
  EXPECT_EQ(who->id, "spiffe://farm/kso/work/box-1");
  EXPECT_EQ(who->remote, "192.0.2.7:1");
}

TEST_F(FarmAuthenticatorTest, OtherCertificatesAreNobodys) {
  const std::vector<std::vector<std::string>> bad = {
      {},
      {"https://example.com/"},
      {"spiffe://elsewhere/kso/admin/mallory"},
      {"spiffe://farm/kso/coordinator/farm"},
      {"spiffe://farm/kso/root/mallory"},
      {"spiffe://farm/kso/work/box/../admin"},
      {"spiffe://farm/kso/work/box-1", "spiffe://farm/kso/admin/mallory"},
      {"spiffe://farm/kso/work/box-1?role=admin"},
  };
  for (const auto& uris : bad) {
    const auto who = closed_->Identify(Certificate(uris));
    EXPECT_TRUE(absl::IsUnauthenticated(who.status())) << uris.size();
  }
}

TEST_F(FarmAuthenticatorTest, ATokenGoesBeforeACertificate) {
  Evidence both = Certificate({"spiffe://farm/kso/admin/alice"});
  both.bearer = "good";
  EXPECT_EQ(closed_->Identify(both).value().name, "ci");
  // A bad token is no way to fall back on the certificate unnoticed.
  both.bearer = "bad";
  EXPECT_TRUE(absl::IsUnauthenticated(closed_->Identify(both).status()));
}

TEST_F(FarmAuthenticatorTest, TokensOfNoKindAreNotShown) {
  const auto who = closed_->Identify(Bearer("hunter2"));
  EXPECT_TRUE(absl::IsUnauthenticated(who.status()));
  EXPECT_FALSE(absl::StrContains(who.status().message(), "hunter2"));
}

TEST_F(FarmAuthenticatorTest, WhoShowsNothingIsNobody) {
  const auto who = closed_->Identify({});
  ASSERT_TRUE(who.ok());
  EXPECT_EQ(who->how, IdentifiedBy::kNothing);
  EXPECT_TRUE(who->roles.empty());
  EXPECT_FALSE(closed_->open());
}

TEST_F(FarmAuthenticatorTest, WithoutIdentitiesEverybodyIsAdmin) {
  tokens_.configured_ = false;
  const auto farm = CreateAuthenticator({.bearers = {&tokens_}});
  EXPECT_TRUE(farm->open());
  const auto who = farm->Identify({});
  ASSERT_TRUE(who.ok());
  EXPECT_EQ(who->how, IdentifiedBy::kOpenFarm);
  EXPECT_TRUE(who->roles.Allows({Role::kAdmin}));
  // A token is never ignored: who shows a wrong one is mistaken in the farm.
  EXPECT_FALSE(farm->Identify(Bearer("hunter2")).ok());
}

TEST_F(FarmAuthenticatorTest, TheFirstTokenClosesTheFarm) {
  tokens_.configured_ = false;
  const auto farm = CreateAuthenticator({.bearers = {&tokens_}});
  tokens_.configured_ = true;
  EXPECT_FALSE(farm->open());
  EXPECT_EQ(farm->Identify({}).value().how, IdentifiedBy::kNothing);
}

TEST_F(FarmAuthenticatorTest, AnAuthorityOfClientsClosesTheFarm) {
  EXPECT_FALSE(CreateAuthenticator({.certificates = true})->open());
}

}  // namespace
}  // namespace kso::coordinator

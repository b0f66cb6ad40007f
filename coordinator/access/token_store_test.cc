// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/token_store.h"

#include <sys/stat.h>

#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "common/base/proto_time.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/temp_directory.h"

namespace kso::coordinator {
namespace {

using access::Role;
using access::RoleSet;

class TokenStoreTest : public ::testing::Test {
 protected:
  TokenStoreTest() { Reopen(); }

  void Reopen(int most_tokens = TokenStore::kMostTokens) {
    store_.reset();
    auto store = TokenStore::Open(directory_.path(), &clock_, most_tokens);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }
  v1::CreateTokenResponse Make(Role role = Role::kSubmit,
                               absl::Duration life = absl::Hours(24)) {
    auto made = store_->Create(
        {.name = "ci", .roles = {role}, .life = life, .created_by = "alice"});
    EXPECT_TRUE(made.ok()) << made.status();
    return *made;
  }

  testing::FakeClock clock_;
  testing::TempDirectory directory_;
  std::unique_ptr<TokenStore> store_;
};

TEST_F(TokenStoreTest, ATokenIsTheIdentityThatItWasMadeFor) {
  const auto made = Make();
  EXPECT_TRUE(store_->Recognizes(made.token()));
  const auto who = store_->Identify(made.token());
  ASSERT_TRUE(who.ok()) << who.status();
  EXPECT_EQ(who->name, "ci");
  EXPECT_EQ(who->roles, RoleSet({Role::kSubmit}));
  EXPECT_EQ(who->how, IdentifiedBy::kToken);
  EXPECT_EQ(who->id, made.info().id());
  EXPECT_EQ(made.info().created_by(), "alice");
  EXPECT_EQ(FromProto(made.info().created()), clock_.Now());
  EXPECT_EQ(FromProto(made.info().expires()), clock_.Now() + absl::Hours(24));
  ASSERT_EQ(made.info().roles_size(), 1);
  EXPECT_EQ(made.info().roles(0), "submit");
  EXPECT_FALSE(store_->Recognizes("ksx_" + made.token().substr(4)));
}

TEST_F(TokenStoreTest, ATokenLivesAtMostTenYears) {
  const auto create = [this](absl::Duration life) {
    return store_->Create({.name = "ci",
                           .roles = {Role::kView},
                           .life = life,
                           .created_by = "alice"});
  };
  EXPECT_TRUE(create(TokenStore::kLongestLife).ok());
  EXPECT_TRUE(absl::IsInvalidArgument(
      create(TokenStore::kLongestLife + absl::Seconds(1)).status()));
  EXPECT_TRUE(create(absl::Seconds(1)).ok());
  const auto lasting = create(absl::InfiniteDuration());
  ASSERT_TRUE(lasting.ok());
  EXPECT_FALSE(lasting->info().has_expires());
}

// A pipeline may make a token for each of its runs, for years.
TEST_F(TokenStoreTest, WhatIsOfNoUseAnyMoreMakesRoom) {
  Reopen(/*most_tokens=*/3);
  const auto kept = Make();
  const auto revoked = Make();
  ASSERT_TRUE(store_->Revoke(revoked.info().id()).ok());
  clock_.Advance(absl::Minutes(1));
  const auto expired = Make(Role::kSubmit, absl::Minutes(1));
  clock_.Advance(absl::Minutes(1));
  const auto ids = [this] {
    std::vector<std::string> ids;
    for (const v1::TokenInfo& info : store_->List()) ids.push_back(info.id());
    return ids;
  };
  // First goes the one that was revoked, then the one that has expired.
  const auto next = Make();
  EXPECT_EQ(ids(),
            (std::vector<std::string>{kept.info().id(), expired.info().id(),
                                      next.info().id()}));
  Make();
  const std::vector<std::string> left = ids();
  EXPECT_EQ(left.size(), 3);
  EXPECT_EQ(left[0], kept.info().id());
  EXPECT_TRUE(store_->Identify(kept.token()).ok());
  EXPECT_FALSE(store_->Identify(revoked.token()).ok());
  // None of these is of no use.
  EXPECT_TRUE(absl::IsResourceExhausted(
      store_
          ->Create(
              {.name = "ci", .roles = {Role::kView}, .created_by = "alice"})
          .status()));
  Reopen();
  EXPECT_EQ(ids(), left);
}

TEST_F(TokenStoreTest, NoTwoTokensAreAlike) {
  const auto one = Make();
  const auto other = Make();
  EXPECT_NE(one.token(), other.token());
  EXPECT_NE(one.info().id(), other.info().id());
  // 256 bits in hex, after "kso_", the id and "_".
  EXPECT_EQ(one.token().size(), 4 + 16 + 1 + 64);
}

TEST_F(TokenStoreTest, WhatIsNearlyATokenIsNone) {
  const std::string good = Make().token();
  std::string last = good;
  last.back() = last.back() == '0' ? '1' : '0';
  std::string other_id = good;
  other_id[5] = other_id[5] == '0' ? '1' : '0';
  for (const std::string& bad :
       {std::string(), std::string("kso_"), last, other_id, good + "0",
        good.substr(0, good.size() - 1), " " + good, good + "\n",
        std::string("kso_0000000000000000_") + std::string(64, '0')}) {
    const auto who = store_->Identify(bad);
    EXPECT_TRUE(absl::IsUnauthenticated(who.status())) << bad;
    EXPECT_FALSE(!bad.empty() &&
                 absl::StrContains(who.status().message(), bad));
  }
}

TEST_F(TokenStoreTest, ARevokedTokenIsOfNoUseAndStaysSoAfterARestart) {
  const auto made = Make();
  ASSERT_TRUE(store_->Revoke(made.info().id()).ok());
  for (int i = 0; i < 2; ++i) {
    const auto who = store_->Identify(made.token());
    EXPECT_TRUE(absl::IsUnauthenticated(who.status()));
    EXPECT_TRUE(absl::StrContains(who.status().message(), "revoked"));
    // A second time is no error.
    EXPECT_TRUE(store_->Revoke(made.info().id()).ok());
    Reopen();
  }
  EXPECT_TRUE(absl::IsNotFound(store_->Revoke("0123456789abcdef").status()));
}

TEST_F(TokenStoreTest, ATokenIsRevokedOnce) {
  const auto made = Make();
  ASSERT_TRUE(store_->Identify(made.token()).ok());
  const absl::Time then = clock_.Now();
  const auto revoked = store_->Revoke(made.info().id());
  ASSERT_TRUE(revoked.ok());
  EXPECT_EQ(FromProto(revoked->revoked()), then);
  EXPECT_EQ(FromProto(revoked->last_used()), then);
  clock_.Advance(absl::Hours(1));
  const auto again = store_->Revoke(made.info().id());
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(FromProto(again->revoked()), then);
}

TEST_F(TokenStoreTest, ATokenEndsWhenItsTimeIsOver) {
  const auto made = Make(Role::kSubmit, absl::Hours(1));
  const auto lasting = Make(Role::kView, absl::InfiniteDuration());
  clock_.Advance(absl::Hours(1) - absl::Seconds(1));
  EXPECT_TRUE(store_->Identify(made.token()).ok());
  clock_.Advance(absl::Seconds(1));
  const auto who = store_->Identify(made.token());
  EXPECT_TRUE(absl::IsUnauthenticated(who.status()));
  EXPECT_TRUE(absl::StrContains(who.status().message(), "expired"));
  clock_.Advance(absl::Hours(24 * 5000));
  EXPECT_TRUE(store_->Identify(lasting.token()).ok());
}

TEST_F(TokenStoreTest, TokensSurviveARestart) {
  const auto made = Make();
  Reopen();
  const auto who = store_->Identify(made.token());
  ASSERT_TRUE(who.ok()) << who.status();
  EXPECT_EQ(who->roles, RoleSet({Role::kSubmit}));
  ASSERT_EQ(store_->List().size(), 1);
  const v1::TokenInfo info = store_->List().front();
  EXPECT_EQ(info.id(), made.info().id());
  EXPECT_EQ(info.name(), "ci");
  EXPECT_EQ(info.created_by(), "alice");
  EXPECT_EQ(FromProto(info.expires()), clock_.Now() + absl::Hours(24));
}

TEST_F(TokenStoreTest, TheFileHasNoTokenAndIsTheOwnersAlone) {
  const std::string token = Make().token();
  store_.reset();
  for (const auto& entry :
       std::filesystem::directory_iterator(directory_.path())) {
    struct stat status;
    ASSERT_EQ(stat(entry.path().c_str(), &status), 0);
    EXPECT_EQ(status.st_mode & 0077, 0) << entry.path();
    std::ifstream file(entry.path(), std::ios::binary);
    const std::string bytes((std::istreambuf_iterator<char>(file)), {});
    EXPECT_FALSE(absl::StrContains(bytes, token.substr(21))) << entry.path();
  }
}

TEST_F(TokenStoreTest, ItIsKnownWhenATokenWasLastUsed) {
  const auto made = Make();
  EXPECT_FALSE(store_->List().front().has_last_used());
  clock_.Advance(absl::Minutes(5));
  ASSERT_TRUE(store_->Identify(made.token()).ok());
  const int64_t used = absl::ToUnixSeconds(clock_.Now());
  EXPECT_EQ(store_->List().front().last_used().seconds(), used);
  Reopen();
  EXPECT_EQ(store_->List().front().last_used().seconds(), used);
}

TEST_F(TokenStoreTest, ARevokedTokenStaysRevokedThoughItWasJustUsed) {
  const auto made = Make();
  ASSERT_TRUE(store_->Identify(made.token()).ok());
  ASSERT_TRUE(store_->Revoke(made.info().id()).ok());
  Reopen();
  EXPECT_TRUE(store_->List().front().has_revoked());
}

TEST_F(TokenStoreTest, OnceThereWasATokenTheFarmStaysClosed) {
  EXPECT_FALSE(store_->configured());
  const auto made = Make(Role::kAdmin);
  EXPECT_TRUE(store_->configured());
  ASSERT_TRUE(store_->Revoke(made.info().id()).ok());
  EXPECT_TRUE(store_->configured());
  Reopen();
  EXPECT_TRUE(store_->configured());
}

TEST_F(TokenStoreTest, OrdersThatCannotBeAreRefused) {
  const RoleSet view = {Role::kView};
  const TokenStore::Order bad[] = {
      {.name = "", .roles = view, .created_by = ""},
      {.name = "a b", .roles = view, .created_by = ""},
      {.name = "../x", .roles = view, .created_by = ""},
      {.name = "a\n", .roles = view, .created_by = ""},
      {.name = std::string(500, 'a'), .roles = view, .created_by = ""},
      {.name = "a", .roles = {}, .created_by = ""},
      {.name = "a",
       .roles = view,
       .life = absl::ZeroDuration(),
       .created_by = ""},
      {.name = "a", .roles = view, .life = -absl::Hours(1), .created_by = ""},
      {.name = "a",
       .roles = view,
       .life = absl::Hours(24 * 36500),
       .created_by = ""},
  };
  for (const auto& order : bad) {
    EXPECT_TRUE(absl::IsInvalidArgument(store_->Create(order).status()))
        << order.name;
  }
  EXPECT_FALSE(store_->configured());
}

TEST_F(TokenStoreTest, ADamagedFileIsNoReasonToOpenTheFarm) {
  store_.reset();
  std::ofstream(directory_.path() / "access.sqlite") << "this is no database";
  EXPECT_FALSE(TokenStore::Open(directory_.path(), &clock_).ok());
}

}  // namespace
}  // namespace kso::coordinator

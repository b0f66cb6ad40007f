// SPDX-License-Identifier: Apache-2.0
#include "common/access/identity_uri.h"

#include <string>

#include "gtest/gtest.h"

namespace kso::access {
namespace {

TEST(IdentityUriTest, WhatIsFormattedIsReadBack) {
  for (const Role role : kRoles) {
    const IdentityUri identity = {
        .trust_domain = "farm", .role = role, .name = "Box-1.lab_2"};
    const auto uri = FormatIdentityUri(identity);
    ASSERT_TRUE(uri.ok()) << uri.status();
    EXPECT_EQ(ParseIdentityUri(*uri).value(), identity) << *uri;
  }
  EXPECT_EQ(FormatIdentityUri(
                {.trust_domain = "farm", .role = Role::kWork, .name = "box-1"})
                .value(),
            "spiffe://farm/kso/work/box-1");
}

TEST(IdentityUriTest, OtherFormsAreRefused) {
  for (const std::string& uri : {
           std::string(),
           std::string("spiffe://farm"),
           std::string("spiffe://farm/kso/work"),
           std::string("spiffe://farm/kso/work/"),
           std::string("spiffe://farm/kso/work/a/b"),
           std::string("spiffe://farm/kso/work/."),
           std::string("spiffe://farm/kso/work/.."),
           std::string("spiffe://farm/kso/root/a"),
           std::string("spiffe://farm/other/work/a"),
           std::string("spiffe:///kso/work/a"),
           std::string("spiffe://FARM/kso/work/a"),
           std::string("spiffe://farm:80/kso/work/a"),
           std::string("SPIFFE://farm/kso/work/a"),
           std::string("https://farm/kso/work/a"),
           std::string("spiffe://farm/kso/work/a?role=admin"),
           std::string("spiffe://farm/kso/work/a#b"),
           std::string("spiffe://farm/kso/work/a%2fb"),
           std::string("spiffe://farm/kso/work/a\0b", 25),
           std::string("spiffe://farm/kso/work/a\n"),
           std::string("spiffe://farm/kso/work/\xc3\xa9"),
           "spiffe://farm/kso/work/" + std::string(65, 'a'),
       }) {
    EXPECT_EQ(ParseIdentityUri(uri).status().code(),
              absl::StatusCode::kInvalidArgument)
        << uri;
  }
}

TEST(IdentityUriTest, NamesAndTrustDomainsHaveAMostLength) {
  EXPECT_TRUE(CheckIdentityName(std::string(64, 'a')).ok());
  EXPECT_FALSE(CheckIdentityName(std::string(65, 'a')).ok());
  EXPECT_TRUE(CheckTrustDomain(std::string(255, 'a')).ok());
  EXPECT_FALSE(CheckTrustDomain(std::string(256, 'a')).ok());
}

TEST(IdentityUriTest, NoCertificateIsMadeForABadName) {
  EXPECT_FALSE(FormatIdentityUri({.trust_domain = "farm",
                                  .role = Role::kWork,
                                  .name = "a/../../admin/b"})
                   .ok());
  EXPECT_FALSE(FormatIdentityUri(
                   {.trust_domain = "farm/x", .role = Role::kWork, .name = "a"})
                   .ok());
}

TEST(IdentityUriTest, ACertificateHasExactlyOneIdentityOfTheFarm) {
  const std::string good = "spiffe://farm/kso/submit/alice";
  EXPECT_EQ(IdentityOfCertificate({good}, "farm").value().name, "alice");
  const std::string other = "spiffe://elsewhere/kso/admin/mallory";
  for (const auto& uris : {std::vector<std::string>{},
                           {other},
                           {good, other},
                           {good, good},
                           {"https://example.com/"}}) {
    const auto identity = IdentityOfCertificate(uris, "farm");
    EXPECT_TRUE(absl::IsUnauthenticated(identity.status()))
        << identity.status();
  }
}

}  // namespace
}  // namespace kso::access

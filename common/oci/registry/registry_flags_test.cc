// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/registry_flags.h"

#include <gtest/gtest.h>

namespace kso::oci {
namespace {

TEST(RegistryFlagsTest, HostsMayBeNamedWithAndWithoutAPort) {
  const auto options =
      RegistryOptionsOf({.token_realms = {"registry.corp=auth.corp"},
                         .plain_http = {"registry.corp", "10.0.0.1:5000"},
                         .https = {"localhost", "[::1]:5000"}});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->plain_http.size(), 2u);
  EXPECT_EQ(options->https.size(), 2u);
  EXPECT_EQ(options->realms.size(), 1u);
}

TEST(RegistryFlagsTest, WhatIsNoHostIsNamedWithItsFlag) {
  const auto message = [](const RegistryFlags& flags) {
    http::TransportOptions transport;
    const absl::Status status = RegistryOptionsOf(flags).status();
    return std::string(
        (status.ok() ? AddRegistryFlags(flags, transport) : status).message());
  };
  EXPECT_EQ(message({.plain_http = {"http://a"}}).find("--plain-http \"http"),
            0u);
  EXPECT_EQ(message({.https = {""}}).find("--https \"\""), 0u);
  EXPECT_EQ(message({.private_redirects = {"a/b"}})
                .find("--allow-private-redirect \"a/b\""),
            0u);
  EXPECT_EQ(message({.token_realms = {"a"}}).find("--token-realm \"a\""), 0u);
  EXPECT_NE(message({.plain_http = {"a"}, .https = {"a"}}).find("both name a"),
            std::string::npos);
}

TEST(RegistryFlagsTest, AFarmConnectsToThePrivateAddressesThatAreAllowed) {
  http::TransportOptions farm;
  ASSERT_TRUE(AddFarmFlags({.private_addresses = {"10.20.0.0/16"}}, farm).ok());
  EXPECT_TRUE(farm.addresses.Allows("10.20.1.1"));
  EXPECT_FALSE(farm.addresses.Allows("10.21.1.1"));
  http::TransportOptions none;
  ASSERT_TRUE(AddFarmFlags({}, none).ok());
  EXPECT_FALSE(none.addresses.Allows("127.0.0.1"));
  const absl::Status bad =
      AddFarmFlags({.private_addresses = {"10.20.0.1/16"}}, none);
  EXPECT_EQ(std::string(bad.message()).find("--allow-private: 10.20.0.1/16"),
            0u)
      << bad;
}

TEST(RegistryFlagsTest, DockerHubIsKnownByTheHostThatIsAsked) {
  http::TransportOptions transport;
  ASSERT_TRUE(
      AddRegistryFlags({.private_redirects = {"docker.io"}}, transport).ok());
  EXPECT_EQ(transport.private_redirects,
            std::set<std::string>{"registry-1.docker.io"});
}

}  // namespace
}  // namespace kso::oci

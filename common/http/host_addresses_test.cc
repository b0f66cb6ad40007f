// SPDX-License-Identifier: Apache-2.0
#include "common/http/host_addresses.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kso::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(HostAddressesTest, ANameIsAskedForOnce) {
  std::vector<std::string> asked;
  HostAddresses hosts([&](const std::string& name) {
    asked.push_back(name);
    return std::vector<std::string>{"10.0.0.1"};
  });
  EXPECT_THAT(hosts.Of("a.example.com:5000"), ElementsAre("10.0.0.1"));
  EXPECT_THAT(hosts.Of("a.example.com"), ElementsAre("10.0.0.1"));
  EXPECT_THAT(asked, ElementsAre("a.example.com"));
}

TEST(HostAddressesTest, AnAddressIsItself) {
  HostAddresses hosts([](const std::string&) {
    ADD_FAILURE() << "no name was asked for";
    return std::vector<std::string>();
  });
  EXPECT_THAT(hosts.Of("10.0.0.1:80"), ElementsAre("10.0.0.1"));
  EXPECT_THAT(hosts.Of("[fd00::1]:80"), ElementsAre("fd00::1"));
}

TEST(HostAddressesTest, ThisMachineKnowsItself) {
  EXPECT_THAT(ResolveByThisMachine("localhost"),
              ::testing::Contains(::testing::AnyOf("127.0.0.1", "::1")));
  EXPECT_THAT(ResolveByThisMachine("no such name"), IsEmpty());
}

}  // namespace
}  // namespace kso::http

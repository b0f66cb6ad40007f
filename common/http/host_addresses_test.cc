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
  EXPECT_THAT(ResolveByThisMachine("127.0.0.1"), ElementsAre("127.0.0.1"));
  EXPECT_THAT(ResolveByThisMachine("no such name"), IsEmpty());
}

TEST(HostAddressesTest, ManyNamesAreRememberedButNotAll) {
  int asked = 0;
  HostAddresses hosts([&](const std::string&) {
    ++asked;
    return std::vector<std::string>{"10.0.0.1"};
  });
  for (int i = 0; i < 10000; ++i) {
    hosts.Of("host" + std::to_string(i) + ".example.com");
  }
  EXPECT_EQ(asked, 10000);
  hosts.Of("host0.example.com");
  EXPECT_EQ(asked, 10000) << "it is remembered";
  hosts.Of("one-more.example.com");
  hosts.Of("host0.example.com");
  EXPECT_EQ(asked, 10002) << "memory is bounded";
}

}  // namespace
}  // namespace kso::http

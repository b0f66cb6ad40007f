// SPDX-License-Identifier: Apache-2.0
#include "common/http/address_rule.h"

#include <gtest/gtest.h>

namespace kso::http {
namespace {

AddressRule Allowing(std::initializer_list<const char*> blocks) {
  std::vector<AddressBlock> parsed;
  for (const char* block : blocks) {
    parsed.push_back(*AddressBlock::Parse(block));
  }
  return AddressRule::Only(std::move(parsed));
}

TEST(AddressRuleTest, WhoActsForItsOwnUserGoesEverywhere) {
  EXPECT_TRUE(AddressRule().Allows("127.0.0.1"));
  EXPECT_TRUE(AddressRule().Allows("169.254.169.254"));
}

TEST(AddressRuleTest, OnlyTheBlocksThatAreNamedAreAllowed) {
  EXPECT_FALSE(Allowing({}).Allows("10.0.0.1"));
  const AddressRule rule = Allowing({"10.20.0.0/16", "fd00:1::/32", "::1"});
  for (const char* ip :
       {"10.20.0.0", "10.20.255.255", "::ffff:10.20.3.4", "fd00:1::5", "::1"}) {
    EXPECT_TRUE(rule.Allows(ip)) << ip;
  }
  // NAT64 and 6to4 lead somewhere else than the address that they carry.
  for (const char* ip : {"10.21.0.0", "10.19.255.255", "127.0.0.1", "fd00:2::5",
                         "::2", "", "64:ff9b::10.20.0.1", "2002:a14:1::"}) {
    EXPECT_FALSE(rule.Allows(ip)) << ip;
  }
}

TEST(AddressRuleTest, NoBlockOfANetworkBringsAMetadataServiceAlong) {
  const AddressRule wide = Allowing({"169.254.0.0/16", "100.64.0.0/10",
                                     "fd00::/8", "192.0.0.0/24", "0.0.0.0/0"});
  EXPECT_TRUE(wide.Allows("169.254.1.1"));
  for (const char* ip :
       {"169.254.169.254", "::ffff:169.254.169.254", "169.254.170.2",
        "100.100.100.200", "fd00:ec2::254", "192.0.0.192", "168.63.129.16"}) {
    EXPECT_FALSE(wide.Allows(ip)) << ip;
  }
  EXPECT_TRUE(Allowing({"169.254.169.254/32"}).Allows("169.254.169.254"));
}

TEST(AddressRuleTest, TheFlagThatIsNamedAllowsTheAddress) {
  for (const char* ip : {"10.0.0.1", "fe80::1%eth0", "169.254.169.254"}) {
    const std::string flag = FlagToAllow(ip);
    const std::string value = flag.substr(flag.find(' ') + 1);
    EXPECT_TRUE(Allowing({value.c_str()}).Allows(ip)) << flag;
  }
  EXPECT_EQ(FlagToAllow("fd00::1"), "--allow-private fd00::1/128");
}

}  // namespace
}  // namespace kso::http

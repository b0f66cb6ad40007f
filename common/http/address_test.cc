// SPDX-License-Identifier: Apache-2.0
#include "common/http/address.h"

#include <gtest/gtest.h>

#include "absl/status/status.h"

namespace kso::http {
namespace {

TEST(AddressTest, PrivateOnes) {
  for (const char* ip : {"127.0.0.1",
                         "10.1.2.3",
                         "172.16.0.1",
                         "172.31.255.255",
                         "192.168.0.1",
                         "169.254.169.254",
                         "100.64.0.1",
                         "0.0.0.0",
                         "224.0.0.1",
                         "::",
                         "::1",
                         "fe80::1",
                         "fe80::1%eth0",
                         "fc00::1",
                         "fd12::1",
                         "ff02::1",
                         "::ffff:10.0.0.1",
                         "64:ff9b::7f00:1",
                         "2002:7f00:1::",
                         "",
                         "host"}) {
    EXPECT_TRUE(IsPrivateAddress(ip)) << ip;
  }
}

TEST(AddressTest, PublicOnes) {
  for (const char* ip :
       {"8.8.8.8", "172.15.0.1", "172.32.0.1", "192.167.1.1", "100.128.0.1",
        "169.253.0.1", "2606:4700::1", "::ffff:8.8.8.8", "2002:808:808::"}) {
    EXPECT_FALSE(IsPrivateAddress(ip)) << ip;
  }
}

TEST(AddressTest, PrivateNetworksEndWhereTheyEnd) {
  struct Network {
    const char* first;
    const char* last;
    // Public neighbours; null where another private network begins.
    const char* before;
    const char* after;
  };
  const Network networks[] = {
      {"0.0.0.0", "0.255.255.255", nullptr, "1.0.0.0"},
      {"10.0.0.0", "10.255.255.255", "9.255.255.255", "11.0.0.0"},
      {"100.64.0.0", "100.127.255.255", "100.63.255.255", "100.128.0.0"},
      {"127.0.0.0", "127.255.255.255", "126.255.255.255", "128.0.0.0"},
      {"169.254.0.0", "169.254.255.255", "169.253.255.255", "169.255.0.0"},
      {"172.16.0.0", "172.31.255.255", "172.15.255.255", "172.32.0.0"},
      {"192.0.0.0", "192.0.0.255", "191.255.255.255", "192.0.1.0"},
      {"192.0.2.0", "192.0.2.255", "192.0.1.255", "192.0.3.0"},
      {"192.88.99.0", "192.88.99.255", "192.88.98.255", "192.88.100.0"},
      {"192.168.0.0", "192.168.255.255", "192.167.255.255", "192.169.0.0"},
      {"198.18.0.0", "198.19.255.255", "198.17.255.255", "198.20.0.0"},
      {"198.51.100.0", "198.51.100.255", "198.51.99.255", "198.51.101.0"},
      {"203.0.113.0", "203.0.113.255", "203.0.112.255", "203.0.114.0"},
      {"224.0.0.0", "255.255.255.255", "223.255.255.255", nullptr},
      {"64:ff9b:1::", "64:ff9b:1:ffff::1", "64:ff9b:0:ffff::", "64:ff9b:2::"},
      {"100::", "100::ffff", "ff:ffff::", "100:0:0:2::"},
      {"2001::", "2001:1ff:ffff::", "2000:ffff::", "2001:200::"},
      {"2001:db8::", "2001:db8:ffff::", "2001:db7:ffff::", "2001:db9::"},
      {"3fff::", "3fff:fff:ffff::", "3ffe:ffff::", "3fff:1000::"},
      {"5f00::", "5f00:ffff::", "5eff:ffff::", "5f01::"},
      {"fc00::", "fdff:ffff::", "fbff:ffff::", "fe00::"},
      {"fe80::", "feff:ffff::", "fe7f:ffff::", nullptr},
      {"ff00::", "ffff:ffff::", nullptr, nullptr},
      {"::", "::ffff:ffff", nullptr, "::1:0:0"},
  };
  for (const Network& network : networks) {
    EXPECT_TRUE(IsPrivateAddress(network.first)) << network.first;
    EXPECT_TRUE(IsPrivateAddress(network.last)) << network.last;
    for (const char* ip : {network.before, network.after}) {
      if (ip == nullptr) continue;
      EXPECT_FALSE(IsPrivateAddress(ip)) << ip;
    }
  }
}

TEST(AddressTest, AnIpv4AddressInsideAnIpv6OneCounts) {
  for (const char* ip :
       {"::ffff:192.168.0.1", "::ffff:192.0.0.1", "64:ff9b::10.0.0.1",
        "64:ff9b::172.16.0.1", "64:ff9b:1::10.0.0.1", "::ffff:0:10.0.0.1",
        "2001::1", "::ffff:169.254.169.254",
        "2002:ac10:1::", "2002:c000:1::", "2002:c0a8:1::1"}) {
    EXPECT_TRUE(IsPrivateAddress(ip)) << ip;
  }
  for (const char* ip :
       {"::ffff:192.0.1.1", "64:ff9b::8.8.8.8", "::ffff:0:8.8.8.8",
        "::fffe:10.0.0.1", "2002:ac0f:ffff::", "2002:c000:100::",
        "2002:808:a00:1::", "2001:a00:1::", "3002:a00:1::"}) {
    EXPECT_FALSE(IsPrivateAddress(ip)) << ip;
  }
}

TEST(AddressTest, MetadataServicesArePrivateWhereverTheyAre) {
  for (const char* ip :
       {"169.254.169.254", "::ffff:169.254.169.254", "168.63.129.16",
        "100.100.100.200", "fd00:ec2::254", "64:ff9b::a9fe:a9fe"}) {
    EXPECT_TRUE(IsMetadataAddress(ip)) << ip;
    EXPECT_TRUE(IsPrivateAddress(ip)) << ip;
  }
  for (const char* ip : {"169.254.169.253", "168.63.129.17", "8.8.8.8", ""}) {
    EXPECT_FALSE(IsMetadataAddress(ip)) << ip;
  }
}

TEST(AddressTest, ABlockIsAnAddressAndAPrefix) {
  const auto contains = [](const char* block, const char* ip) {
    return AddressBlock::Parse(block).value().Contains(ip);
  };
  EXPECT_TRUE(contains("10.128.0.0/9", "10.255.1.1"));
  EXPECT_FALSE(contains("10.128.0.0/9", "10.127.255.255"));
  EXPECT_TRUE(contains("10.128.0.0/9", "::ffff:10.128.0.1"));
  EXPECT_TRUE(contains("192.168.1.5", "192.168.1.5"));
  EXPECT_FALSE(contains("192.168.1.5", "192.168.1.4"));
  EXPECT_TRUE(contains("fe80::/10", "fe80::1%eth0"));
  EXPECT_TRUE(contains("0.0.0.0/0", "8.8.8.8"));
  EXPECT_FALSE(contains("0.0.0.0/0", "2606:4700::1"));
  EXPECT_FALSE(contains("10.0.0.0/8", "example.com"));
  EXPECT_TRUE(AddressBlock::Parse("10.0.0.1/32")->IsSingle());
  EXPECT_FALSE(AddressBlock::Parse("10.0.0.0/31")->IsSingle());
}

TEST(AddressTest, WhatIsNoBlockIsRefused) {
  for (const char* text :
       {"", "/8", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8/8",
        "10.0.0.0/+8", "10.0.0.0/08x", "10.0.0.0/0008", "10.0.0.1/8",
        "fd00::1/8", "fd00::/129", "fe80::%eth0/10", "example.com", "10.0.0/24",
        "10.0.0.0/ 8"}) {
    EXPECT_EQ(AddressBlock::Parse(text).status().code(),
              absl::StatusCode::kInvalidArgument)
        << text;
  }
}

TEST(AddressTest, AHostIsAnAddressOrAName) {
  EXPECT_EQ(AddressIn("10.0.0.1:5000"), "10.0.0.1");
  EXPECT_EQ(AddressIn("10.0.0.1"), "10.0.0.1");
  EXPECT_EQ(AddressIn("[fd00::1]:5000"), "fd00::1");
  EXPECT_EQ(AddressIn("[fd00::1]"), "fd00::1");
  for (const char* name : {"quay.io", "quay.io:443", "10.0.0", "", "[]",
                           "[10.0.0.1]", "fd00::1", "1.2.3.4.example.com"}) {
    EXPECT_EQ(AddressIn(name), std::nullopt) << name;
  }
}

TEST(AddressTest, OnlyThisMachineIsLoopback) {
  for (const char* host :
       {"127.0.0.1:5000", "127.8.0.1", "localhost:5000", "LOCALHOST",
        "localhost.", "registry.localhost:5000", "[::1]:5000", "[::1]",
        "[::ffff:127.0.0.1]:80", "[0:0:0:0:0:0:0:1]"}) {
    EXPECT_TRUE(IsLoopbackHost(host)) << host;
  }
  for (const char* host :
       {"127.0.0.1.example.com", "localhost.example.com:80", "10.0.0.1:5000",
        "notlocalhost", "[::2]:5000", "[fe80::1]", "[::ffff:10.0.0.1]",
        "128.0.0.1", "", "[]", "[localhost]"}) {
    EXPECT_FALSE(IsLoopbackHost(host)) << host;
  }
}

}  // namespace
}  // namespace kso::http

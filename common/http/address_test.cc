// SPDX-License-Identifier: Apache-2.0
#include "common/http/address.h"

#include <gtest/gtest.h>

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

}  // namespace
}  // namespace kso::http

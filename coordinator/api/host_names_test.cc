// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/host_names.h"

#include <string>

#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

TEST(HostNamesTest, ItIsKnownByItsOwnNamesAlone) {
  const HostNames names({"farm.example.com:7071", "*.lab.example.com", "Box"});
  for (const std::string host :
       {"localhost", "localhost:7071", "LOCALHOST:1", "127.0.0.1",
        "127.0.0.1:7071", "[::1]", "[::1]:7071", "farm.example.com",
        "FARM.example.com.:8443", "a.lab.example.com", "box:80",
        "192.0.2.7:7071", "192.0.2.7"}) {
    EXPECT_TRUE(names.Knows(host, "192.0.2.7")) << host;
  }
  for (const std::string host :
       {"", ":7071", "evil.example", "evil.example:7071", "localhost.evil",
        "localhost@evil.example", "evil.example#localhost", "127.0.0.1.evil",
        "192.0.2.8", "lab.example.com", "a.b.lab.example.com", "farm",
        "farm.example.com:80:80", "farm.example.com:x", "[::1]x", "[::1]:x",
        "[::1", "0.0.0.0", "127.0.0.2"}) {
    EXPECT_FALSE(names.Knows(host, "192.0.2.7")) << host;
  }
}

TEST(HostNamesTest, AnAddressOfVersion6IsKnownInBrackets) {
  EXPECT_TRUE(HostNames({}).Knows("[2001:db8::7]:7071", "2001:db8::7"));
  EXPECT_FALSE(HostNames({}).Knows("[2001:db8::8]:7071", "2001:db8::7"));
}

}  // namespace
}  // namespace kso::coordinator

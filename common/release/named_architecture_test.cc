// SPDX-License-Identifier: Apache-2.0
#include "common/release/named_architecture.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::release {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(NamedArchitecturesTest, FindsWholeWords) {
  EXPECT_THAT(NamedArchitectures("https://h/3.1.3/kata-static-x86_64.tar.xz"),
              ElementsAre(Pair("amd64", "x86_64")));
  EXPECT_THAT(NamedArchitectures("https://h/yq_linux_amd64"),
              ElementsAre(Pair("amd64", "amd64")));
  EXPECT_THAT(NamedArchitectures("https://h/AArch64/runsc"),
              ElementsAre(Pair("arm64", "AArch64")));
  EXPECT_THAT(NamedArchitectures("coredns/coredns-arm64:1.6"),
              ElementsAre(Pair("arm64", "arm64")));
  EXPECT_THAT(NamedArchitectures("arm64v8/nginx"),
              ElementsAre(Pair("arm64", "arm64v8")));
  EXPECT_THAT(
      NamedArchitectures("multiarch/qemu-user-static:x86_64-aarch64-7.2"),
      ElementsAre(Pair("amd64", "x86_64"), Pair("arm64", "aarch64")));
}

TEST(NamedArchitecturesTest, FindsNoPartsOfWords) {
  for (const char* text : {"", "charm64", "amd64p32", "alarm", "helm.tar.gz",
                           "https://h/swarm/x640", "linux64"}) {
    EXPECT_THAT(NamedArchitectures(text), IsEmpty()) << text;
  }
}

}  // namespace
}  // namespace kso::release

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/missing_platform.h"

#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

TEST(MatchesGlobTest, StarStandsForAnyRun) {
  EXPECT_TRUE(MatchesGlob("docker.io/amazon/*", "docker.io/amazon/a/b"));
  EXPECT_TRUE(MatchesGlob("*", ""));
  EXPECT_TRUE(MatchesGlob("a*b*c", "a-bb-b-c"));
  EXPECT_TRUE(MatchesGlob("*/x", "host/y/x"));
  EXPECT_FALSE(MatchesGlob("docker.io/amazon/*", "docker.io/amazonx/a"));
  EXPECT_FALSE(MatchesGlob("a*b", "a-b-c"));
  EXPECT_FALSE(MatchesGlob("a.c", "abc"));
  EXPECT_FALSE(MatchesGlob("", "a"));
}

TEST(MayLackPlatformTest, ComparesNameAndWholeReference) {
  const oci::Reference image = *oci::Reference::Parse("ghcr.io/k8s/multus:v3");
  v1::MissingPlatformPolicy policy;
  EXPECT_FALSE(MayLackPlatform(policy, image));
  policy.add_allow("ghcr.io/k8s/multus:v4");
  EXPECT_FALSE(MayLackPlatform(policy, image));
  policy.add_allow("ghcr.io/k8s/multus:v3");
  EXPECT_TRUE(MayLackPlatform(policy, image));
  policy.clear_allow();
  policy.add_allow("ghcr.io/k8s/multus");
  EXPECT_TRUE(MayLackPlatform(policy, image));
  policy.clear_allow();
  policy.set_allow_by_default(true);
  EXPECT_TRUE(MayLackPlatform(policy, image));
}

}  // namespace
}  // namespace kso::coordinator

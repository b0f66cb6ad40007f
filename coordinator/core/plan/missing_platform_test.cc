// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/missing_platform.h"

#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

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

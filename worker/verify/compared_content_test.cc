// SPDX-License-Identifier: Apache-2.0
#include "worker/verify/compared_content.h"

#include "gtest/gtest.h"

namespace kso::worker {
namespace {

v1::VerifyImage Work() {
  v1::VerifyImage work;
  v1::LayerContent& before = *work.add_layers();
  before.set_compared(true);
  before.add_served_digests("sha256:old");
  before.add_served_digests("sha256:both");
  v1::LayerContent& made = *work.add_layers();
  made.add_served_digests("sha256:new");
  made.add_served_digests("sha256:both");
  return work;
}

TEST(ComparedContentTest, HasWhatOnlyComparedLayersHold) {
  const ComparedContent compared(Work(), /*native=*/true);
  EXPECT_TRUE(compared.Has("sha256:old"));
  EXPECT_FALSE(compared.Has("sha256:new"));
  EXPECT_FALSE(compared.Has("sha256:both"));
  EXPECT_FALSE(compared.everything());
  EXPECT_FALSE(ComparedContent().Has("sha256:old"));
}

TEST(ComparedContentTest, AnEmulatedImageLeavesAllToAnyOther) {
  v1::VerifyImage work = Work();
  work.set_compared_in("kubespray-files linux/amd64");
  EXPECT_FALSE(ComparedContent(work, /*native=*/true).everything());
  const ComparedContent emulated(work, /*native=*/false);
  EXPECT_TRUE(emulated.everything());
  EXPECT_TRUE(emulated.in_brief());
  EXPECT_TRUE(emulated.Has("sha256:new"));
  EXPECT_EQ(emulated.where(), "in kubespray-files linux/amd64");
}

TEST(ComparedContentTest, ANativeOneToOneOfItsPlatform) {
  v1::VerifyImage work = Work();
  work.set_compared_on_platform_in("kubespray-images-all linux/arm64");
  const ComparedContent compared(work, /*native=*/true);
  EXPECT_TRUE(compared.everything());
  EXPECT_FALSE(compared.in_brief());
  EXPECT_TRUE(compared.Has("sha256:new"));
  EXPECT_EQ(compared.where(), "in kubespray-images-all linux/arm64");
}

}  // namespace
}  // namespace kso::worker

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/layer_packs.h"

#include "common/bytes/digest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// "etag of NAME": what was known of the content before it was fetched.
std::string IdentityOf(const std::string& content) {
  return "etag of " + content;
}

v1::LayerRemembered Layer(
    const std::vector<std::pair<std::string, std::string>>& files) {
  v1::LayerRemembered layer;
  for (const auto& [path, content] : files) {
    v1::MadeMember& member = *layer.mutable_layer()->add_members();
    member.set_path(path);
    member.set_digest(Sha256Of(content).ToString());
    member.set_size(10);
    layer.add_identities(IdentityOf(content));
  }
  return layer;
}

TEST(MatchPacksTest, FindsMembersByWhatIsKnownOfThem) {
  const v1::LayerRemembered layer = Layer({{"a", "1"}, {"b", "2"}, {"c", "3"}});
  const auto packs = MatchPacks({&layer}, {{"a", IdentityOf("1")},
                                           {"b", Sha256Of("2").ToString()},
                                           {"c", IdentityOf("other")},
                                           {"d", IdentityOf("4")}});
  ASSERT_EQ(packs.size(), 1u);
  EXPECT_EQ(packs[0].size, 30);
  EXPECT_THAT(packs[0].items, ElementsAre(0, 1));
}

TEST(MatchPacksTest, WhatIsInDoubtIsNowhere) {
  v1::LayerRemembered layer = Layer({{"a", "1"}});
  layer.set_identities(0, "");
  EXPECT_THAT(MatchPacks({&layer}, {{"a", ""}})[0].items, IsEmpty());
}

// The image shows what the last layer has under a path.
TEST(MatchPacksTest, ALaterLayerCoversAnEarlierOne) {
  const v1::LayerRemembered first = Layer({{"a", "old"}});
  const v1::LayerRemembered second = Layer({{"a", "new"}, {"b", "2"}});
  const auto packs = MatchPacks({&first, &second}, {{"a", IdentityOf("old")}});
  EXPECT_THAT(packs[0].items, IsEmpty());
  EXPECT_THAT(packs[1].items, IsEmpty());
}

TEST(WhiteoutsTest, HidesFilesAndWholeDirectoriesThatAreNotWanted) {
  const v1::LayerRemembered layer = Layer({{"k8s/dl/v1/kubelet", "1"},
                                           {"k8s/dl/v1/kubectl", "2"},
                                           {"k8s/dl/v2/kubelet", "3"},
                                           {"k8s/dl/v2/kubectl", "4"}});
  EXPECT_THAT(Whiteouts({&layer}, {{"k8s/dl/v2/kubelet", "x"}}),
              ElementsAre("k8s/dl/.wh.v1", "k8s/dl/v2/.wh.kubectl"));
  // A newer content of the same path covers the old one by itself.
  EXPECT_THAT(Whiteouts({&layer}, {{"k8s/dl/v1/kubelet", ""},
                                   {"k8s/dl/v1/kubectl", ""},
                                   {"k8s/dl/v2/kubelet", ""},
                                   {"k8s/dl/v2/kubectl", ""}}),
              IsEmpty());
}

}  // namespace
}  // namespace kso::coordinator

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/layer_packs.h"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/bytes/digest.h"
#include "coordinator/core/memory/memo.h"
#include "coordinator/core/plan/plan_history.h"
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

TEST(MatchPacksTest, AMemberOfUnknownSizeCountsAsNothing) {
  v1::LayerRemembered layer = Layer({{"a", "1"}, {"b", "2"}});
  layer.mutable_layer()->mutable_members(0)->set_size(-1);
  EXPECT_EQ(MatchPacks({&layer}, {})[0].size, 10);
  layer.mutable_layer()->mutable_members(1)->set_size(0);
  EXPECT_EQ(MatchPacks({&layer}, {})[0].size, 0);
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

TEST(PacksOfTest, APackIsOfTheFormatThatLayersAreMadeIn) {
  v1::Destination destination;
  destination.set_kind(v1::Destination::REGISTRY);
  destination.set_location("registry.example.com/team");
  Memo memo;
  const auto remember = [&](const std::string& digest,
                            v1::LayerRemembered layer) {
    v1::JournalRecord record;
    layer.set_space(BlobSpaceOf(destination));
    layer.set_key("key of " + digest);
    layer.mutable_layer()->mutable_layer()->set_digest(digest);
    *record.mutable_layer_remembered() = std::move(layer);
    memo.Apply(record);
  };
  v1::LayerRemembered good = Layer({{"a", "1"}, {"b", "2"}});
  good.mutable_layer()->mutable_layer()->set_media_type("gzip");
  good.set_times_of_content(true);
  remember("sha256:good", good);
  v1::LayerRemembered other = good;
  other.mutable_layer()->mutable_layer()->set_media_type("zstd");
  remember("sha256:type", other);
  other = good;
  other.set_times_of_content(false);
  remember("sha256:times", other);
  other = good;
  other.mutable_identities()->RemoveLast();
  remember("sha256:identities", other);
  v1::JournalRecord record;
  v1::ReleaseRemembered& release = *record.mutable_release_remembered();
  release.set_destination("docker://registry.example.com/team");
  release.set_space(BlobSpaceOf(destination));
  v1::RememberedGroup& group = *release.add_groups();
  group.set_name("files");
  for (const std::string digest : {"sha256:type", "sha256:times", "sha256:good",
                                   "sha256:identities", "sha256:unknown"}) {
    group.add_layers(digest);
  }
  memo.Apply(record);

  const PlanHistory history(&memo, destination, std::nullopt);
  const PackFormat format = {.media_type = "gzip", .times_of_content = true};
  const LayerPacks packs = PacksOf(history, "image", "files", format);
  ASSERT_EQ(packs.size(), 1u);
  EXPECT_EQ(packs[0]->layer().layer().digest(), "sha256:good");
  EXPECT_THAT(PacksOf(history, "image", "others", format), IsEmpty());
  const LayerPacks without_times =
      PacksOf(history, "image", "files",
              {.media_type = "gzip", .times_of_content = false});
  ASSERT_EQ(without_times.size(), 1u);
  EXPECT_EQ(without_times[0]->layer().layer().digest(), "sha256:times");
}

TEST(WhiteoutsTest, AFileOfTheRootIsHiddenThere) {
  const v1::LayerRemembered layer = Layer({{"a", "1"}});
  EXPECT_THAT(Whiteouts({&layer}, {}), ElementsAre(".wh.a"));
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

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/pack_grouping.h"

#include <algorithm>
#include <limits>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<GroupItem> Items(const std::vector<int64_t>& sizes) {
  std::vector<GroupItem> items;
  for (size_t i = 0; i < sizes.size(); ++i) {
    const std::string id(1, static_cast<char>('a' + i));
    items.push_back({.id = id, .family = id, .size = sizes[i]});
  }
  return items;
}

PackLimits Limits(int max_groups) {
  PackLimits limits;
  limits.groups = {.large_bytes = 1 << 30, .max_groups = max_groups};
  return limits;
}

TEST(GroupAfterPacksTest, KeepsWhatIsWantedAndGroupsWhatIsNew) {
  const PackedGroups groups = GroupAfterPacks(
      Items({100, 100, 50}), {{100, {0}}, {100, {1}}}, Limits(10));
  EXPECT_THAT(groups.kept, ElementsAre(0, 1));
  EXPECT_THAT(groups.fresh, ElementsAre(ElementsAre(2)));
  EXPECT_EQ(groups.dead, 0);
}

TEST(GroupAfterPacksTest, NothingNewMakesNoGroup) {
  const PackedGroups groups =
      GroupAfterPacks(Items({100, 100}), {{200, {0, 1}}}, Limits(10));
  EXPECT_THAT(groups.kept, ElementsAre(0));
  EXPECT_THAT(groups.fresh, IsEmpty());
}

TEST(GroupAfterPacksTest, APackThatNobodyWantsGoes) {
  const PackedGroups groups =
      GroupAfterPacks(Items({100, 100}), {{100, {}}, {200, {0, 1}}}, Limits(9));
  EXPECT_THAT(groups.kept, ElementsAre(1));
}

TEST(GroupAfterPacksTest, ToleratesAFewDeadBytes) {
  // 10 of 110 are dead, and to be rid of them would cost 100.
  const PackedGroups groups =
      GroupAfterPacks(Items({100, 10}), {{110, {0}}}, Limits(10));
  EXPECT_THAT(groups.kept, ElementsAre(0));
  EXPECT_EQ(groups.dead, 10);
}

TEST(GroupAfterPacksTest, GivesUpTheDeadestPastTheBound) {
  // 60 of 360 would be dead: more than 15 %.
  const PackedGroups groups = GroupAfterPacks(
      Items({100, 150, 50}), {{110, {0}}, {200, {1}}}, Limits(10));
  EXPECT_THAT(groups.kept, ElementsAre(0));
  EXPECT_EQ(groups.dead, 10);
  EXPECT_THAT(groups.fresh, ElementsAre(ElementsAre(1), ElementsAre(2)));
}

TEST(GroupAfterPacksTest, WritesAgainWhatCostsLittle) {
  // The second pack is nearly dead: its 5 bytes are within 6 % of the new 100.
  const PackedGroups groups = GroupAfterPacks(
      Items({1000, 5, 100}), {{1000, {0}}, {60, {1}}}, Limits(10));
  EXPECT_THAT(groups.kept, ElementsAre(0));
  EXPECT_EQ(groups.dead, 0);
}

TEST(GroupAfterPacksTest, MakesRoomWhenThereAreTooManyGroups) {
  std::vector<int64_t> sizes(20, 100);
  std::vector<Pack> packs;
  for (int i = 0; i < 10; ++i) packs.push_back({100, {i}});
  const PackedGroups groups = GroupAfterPacks(Items(sizes), packs, Limits(10));
  EXPECT_LE(groups.kept.size() + groups.fresh.size(), 10u);
  std::vector<int> seen;
  for (const int pack : groups.kept) seen.push_back(packs[pack].items[0]);
  for (const auto& group : groups.fresh) {
    seen.insert(seen.end(), group.begin(), group.end());
  }
  std::sort(seen.begin(), seen.end());
  EXPECT_THAT(seen, SizeIs(20));
  EXPECT_EQ(std::unique(seen.begin(), seen.end()), seen.end());
}

TEST(GroupAfterPacksTest, AFullPackOfOneMoreThanTheLimitIsMerged) {
  const std::vector<Pack> packs = {{100, {0}}, {50, {1}}, {70, {2}}};
  const PackedGroups groups =
      GroupAfterPacks(Items({100, 50, 70}), packs, Limits(2));
  EXPECT_LE(groups.kept.size() + groups.fresh.size(), 2u);
}

TEST(PackGroupingTest, NoSizesTakeItBeyondWhatThereIs) {
  constexpr int64_t kMost = std::numeric_limits<int64_t>::max();
  for (const int64_t size :
       {kMost, kMost - 1, int64_t{1} << 62, int64_t{-1}, int64_t{0}}) {
    for (const int64_t pack_size : {kMost, int64_t{0}, int64_t{-5}}) {
      std::vector<GroupItem> items;
      for (int i = 0; i < 6; ++i) {
        items.push_back({.id = std::to_string(i), .family = "f", .size = size});
      }
      const std::vector<Pack> packs = {{pack_size, {0, 1}}, {kMost, {2}}};
      const PackedGroups groups = GroupAfterPacks(items, packs, {});
      size_t grouped = 0;
      for (const auto& group : groups.fresh) grouped += group.size();
      for (const int pack : groups.kept) grouped += packs[pack].items.size();
      EXPECT_EQ(grouped, items.size()) << size << " " << pack_size;
      EXPECT_GE(groups.dead, 0);
    }
  }
}

}  // namespace
}  // namespace kso::coordinator

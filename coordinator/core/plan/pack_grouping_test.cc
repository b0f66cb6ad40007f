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
  // Of packs that cost the same, the first goes.
  EXPECT_THAT(groups.kept, ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9));
  EXPECT_THAT(groups.fresh, SizeIs(1));
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

TEST(GroupAfterPacksTest, DeadBytesAreKeptUpToTheBound) {
  // 150 of 1000, which is 15 %, and 150 of 999.
  PackedGroups groups =
      GroupAfterPacks(Items({850}), {{1000, {0}}}, Limits(10));
  EXPECT_THAT(groups.kept, ElementsAre(0));
  EXPECT_EQ(groups.dead, 150);
  groups = GroupAfterPacks(Items({849}), {{999, {0}}}, Limits(10));
  EXPECT_THAT(groups.kept, IsEmpty());
  EXPECT_EQ(groups.dead, 0);
}

TEST(GroupAfterPacksTest, OfPacksThatAreEquallyDeadTheFirstGoes) {
  // 80 of 480 are too many, and 40 of 440 are not.
  const PackedGroups groups = GroupAfterPacks(
      Items({100, 100, 200}), {{140, {0}}, {140, {1}}}, Limits(10));
  EXPECT_THAT(groups.kept, ElementsAre(1));
  EXPECT_EQ(groups.dead, 40);
}

TEST(GroupAfterPacksTest, ItemsOfUnknownSizeCountAsNothing) {
  const PackedGroups groups =
      GroupAfterPacks(Items({-1, 1000}), {{1100, {0, 1}}}, Limits(10));
  EXPECT_THAT(groups.kept, ElementsAre(0));
  EXPECT_EQ(groups.dead, 100);
}

TEST(GroupAfterPacksTest, APackIsNoSmallerThanWhatItHas) {
  const PackedGroups groups =
      GroupAfterPacks(Items({100}), {{50, {0}}}, Limits(10));
  EXPECT_THAT(groups.kept, ElementsAre(0));
  EXPECT_EQ(groups.dead, 0);
}

TEST(GroupAfterPacksTest, AnEmptyPackIsNotDead) {
  // 100 of 200 are too many; those of the first pack are none.
  const PackedGroups groups =
      GroupAfterPacks(Items({0, 100}), {{0, {0}}, {200, {1}}}, Limits(10));
  EXPECT_THAT(groups.kept, ElementsAre(0));
  // One that has nothing but a dead byte is.
  EXPECT_THAT(GroupAfterPacks(Items({0, 1000}), {{1, {0}}}, Limits(10)).kept,
              IsEmpty());
}

TEST(GroupAfterPacksTest, WritesNothingAgainThatIsHardlyDead) {
  // 1 of 11, and 15 of 100, which is 15 %, although it would cost little.
  EXPECT_THAT(GroupAfterPacks(Items({10, 1000}), {{11, {0}}}, Limits(10)).kept,
              ElementsAre(0));
  EXPECT_THAT(
      GroupAfterPacks(Items({85, 10'000}), {{100, {0}}}, Limits(10)).kept,
      ElementsAre(0));
}

TEST(GroupAfterPacksTest, WritesAgainSixPercentOfWhatIsNewAtMost) {
  // 60 of 1000 that are new.
  EXPECT_THAT(GroupAfterPacks(Items({60, 1000}), {{100, {0}}}, Limits(10)).kept,
              IsEmpty());
  EXPECT_THAT(GroupAfterPacks(Items({61, 1000}), {{100, {0}}}, Limits(10)).kept,
              ElementsAre(0));
  // Items that packs have are not new.
  EXPECT_THAT(
      GroupAfterPacks(Items({1000, 5}), {{1000, {0}}, {60, {1}}}, Limits(10))
          .kept,
      ElementsAre(0, 1));
}

TEST(GroupAfterPacksTest, TheDeadestIsWrittenAgainFirst) {
  // Six bytes may be written again, so one of two packs with five.
  EXPECT_THAT(GroupAfterPacks(Items({1000, 5, 5, 100}),
                              {{1000, {0}}, {60, {1}}, {60, {2}}}, Limits(10))
                  .kept,
              ElementsAre(0, 2));
  EXPECT_THAT(GroupAfterPacks(Items({1000, 5, 5, 100}),
                              {{1000, {0}}, {50, {1}}, {60, {2}}}, Limits(10))
                  .kept,
              ElementsAre(0, 1));
}

// Packs of one byte each, which cost nothing to write again, and 20 new items.
PackedGroups AfterTinyPacks(int packs) {
  std::vector<int64_t> sizes;
  std::vector<Pack> tiny;
  for (int i = 0; i < packs; ++i) {
    sizes.push_back(1);
    tiny.push_back({1, {i}});
  }
  sizes.insert(sizes.end(), 20, 100);
  return GroupAfterPacks(Items(sizes), tiny, Limits(10));
}

TEST(GroupAfterPacksTest, NewGroupsGetSixPlaces) {
  EXPECT_THAT(AfterTinyPacks(4).kept, ElementsAre(0, 1, 2, 3));
  EXPECT_THAT(AfterTinyPacks(4).fresh, SizeIs(6));
  EXPECT_THAT(AfterTinyPacks(5).kept, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(AfterTinyPacks(5).fresh, SizeIs(6));
  EXPECT_THAT(AfterTinyPacks(9).kept, SizeIs(4));
}

TEST(GroupAfterPacksTest, FewerPlacesDoWhereNoMoreAreWanted) {
  const PackedGroups groups =
      GroupAfterPacks(Items({1, 1, 1000}), {{1, {0}}, {1, {1}}}, Limits(3));
  EXPECT_THAT(groups.kept, ElementsAre(0, 1));
  EXPECT_THAT(groups.fresh, ElementsAre(ElementsAre(2)));
}

TEST(GroupAfterPacksTest, RoomIsMadeWhereItCostsLittle) {
  // Two groups are wanted, and there is a place for one. 60 bytes are 6 % of
  // what is new.
  PackedGroups groups =
      GroupAfterPacks(Items({60, 500, 500}), {{60, {0}}}, Limits(2));
  EXPECT_THAT(groups.kept, IsEmpty());
  EXPECT_THAT(groups.fresh, SizeIs(2));
  groups = GroupAfterPacks(Items({61, 500, 500}), {{61, {0}}}, Limits(2));
  EXPECT_THAT(groups.kept, ElementsAre(0));
  EXPECT_THAT(groups.fresh, ElementsAre(ElementsAre(1, 2)));
}

TEST(GroupAfterPacksTest, ThePackGoesThatHasTheLeastToWriteAndTheMostToDrop) {
  // Half of the dead bytes count: 104 - 10 / 2 is less than 100, 106 - 10 / 2
  // is not.
  EXPECT_THAT(GroupAfterPacks(Items({100, 104, 500}), {{100, {0}}, {114, {1}}},
                              Limits(2))
                  .kept,
              ElementsAre(0));
  EXPECT_THAT(GroupAfterPacks(Items({100, 106, 500}), {{100, {0}}, {116, {1}}},
                              Limits(2))
                  .kept,
              ElementsAre(1));
}

TEST(GroupAfterPacksTest, ThereIsOneGroupAtLeast) {
  for (const int max_groups : {1, 0, -1}) {
    const PackedGroups groups = GroupAfterPacks(
        Items({100, 50}), {{100, {0}}, {50, {1}}}, Limits(max_groups));
    EXPECT_EQ(groups.kept.size() + groups.fresh.size(), 1u) << max_groups;
    EXPECT_THAT(GroupAfterPacks(Items({100, 50}), {}, Limits(max_groups)).fresh,
                ElementsAre(ElementsAre(0, 1)))
        << max_groups;
  }
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

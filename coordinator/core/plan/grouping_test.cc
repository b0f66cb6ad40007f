// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/grouping.h"

#include <algorithm>
#include <set>
#include <string>

#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

using Contents = std::set<std::set<std::string>>;

Contents ContentsOf(const std::vector<GroupItem>& items,
                    const GroupLimits& limits) {
  Contents contents;
  for (const std::vector<int>& group : GroupByContent(items, limits)) {
    std::set<std::string> ids;
    for (const int i : group) ids.insert(items[i].id);
    contents.insert(ids);
  }
  return contents;
}

std::vector<GroupItem> ManyItems(int count) {
  std::vector<GroupItem> items;
  for (int i = 0; i < count; ++i) {
    items.push_back({.id = "id" + std::to_string(i),
                     .family = "family" + std::to_string(i / 3),
                     .size = i % 5 == 0 ? 200 + i : 10});
  }
  return items;
}

TEST(GroupByContentTest, LargeItemsAreAloneAndTheRestGoByFamily) {
  const std::vector<GroupItem> items = {
      {.id = "a", .family = "x", .size = 1},
      {.id = "b", .family = "x", .size = 100},
      {.id = "c", .family = "x", .size = 2},
      {.id = "d", .family = "y", .size = 3},
      {.id = "e", .family = "y", .size = -1},
      {.id = "f", .family = "x", .size = 0},
      {.id = "g", .family = "x", .size = 99},
  };
  EXPECT_EQ(ContentsOf(items, {.large_bytes = 100, .max_groups = 10}),
            (Contents{{"a", "c", "f", "g"}, {"b"}, {"d"}, {"e"}}));
}

TEST(GroupByContentTest, GroupsAndWhatIsInThemAreSorted) {
  const std::vector<GroupItem> items = {
      {.id = "c", .family = "x", .size = 1},
      {.id = "b", .family = "y", .size = 9},
      {.id = "a", .family = "x", .size = 1},
      {.id = "0", .family = "z", .size = 1},
  };
  EXPECT_EQ(GroupByContent(items, {.large_bytes = 100, .max_groups = 10}),
            (std::vector<std::vector<int>>{{3}, {2, 0}, {1}}));
  // Also where families share a group.
  EXPECT_EQ(GroupByContent(items, {.large_bytes = 100, .max_groups = 2}),
            (std::vector<std::vector<int>>{{3, 2, 0}, {1}}));
  EXPECT_TRUE(GroupByContent({}, {.large_bytes = 1, .max_groups = 2}).empty());
}

TEST(GroupByContentTest, OfLargeItemsOfOneSizeTheFirstByIdIsAlone) {
  // Eight of ten groups are for families and large items.
  std::vector<GroupItem> items = {
      {.id = "c", .family = "x", .size = 100},
      {.id = "a", .family = "x", .size = 100},
      {.id = "b", .family = "x", .size = 100},
  };
  Contents expected = {{"a"}, {"b", "c"}};
  for (const std::string id : {"1", "2", "3", "4", "5", "6"}) {
    items.push_back({.id = id, .family = id, .size = 1});
    expected.insert({id});
  }
  EXPECT_EQ(ContentsOf(items, {.large_bytes = 100, .max_groups = 10}),
            expected);
}

// Families of these sizes, each of one item: "f1" of the first, and so on.
std::vector<GroupItem> FamiliesOf(const std::vector<int64_t>& sizes) {
  std::vector<GroupItem> items;
  for (const int64_t size : sizes) {
    const std::string name = "f" + std::to_string(items.size() + 1);
    items.push_back({.id = name, .family = name, .size = size});
  }
  return items;
}

TEST(GroupByContentTest, AsManyFamiliesAsGroupsAreLeftAlone) {
  // Of nine, these would share a group.
  const std::vector<GroupItem> items = FamiliesOf({2, 1, 1, 2, 2, 2, 2, 2});
  EXPECT_EQ(GroupByContent(items, {.large_bytes = 100, .max_groups = 8}).size(),
            8u);
}

TEST(GroupByContentTest, FewGroupsHaveOneBucket) {
  const std::vector<GroupItem> items = FamiliesOf({6, 5, 4, 3, 2, 1});
  EXPECT_EQ(ContentsOf(items, {.large_bytes = 100, .max_groups = 4}),
            (Contents{{"f1"}, {"f2"}, {"f3"}, {"f4", "f5", "f6"}}));
  // There is one group at least.
  for (const int max_groups : {1, 0, -1}) {
    EXPECT_EQ(ContentsOf(items, {.large_bytes = 1, .max_groups = max_groups}),
              (Contents{{"f1", "f2", "f3", "f4", "f5", "f6"}}))
        << max_groups;
  }
}

TEST(GroupByContentTest, TheLargestFamiliesAreThoseWithTheMostBytes) {
  std::vector<GroupItem> items = FamiliesOf({3, 3, 3});
  items.push_back({.id = "more", .family = "f1", .size = 1});
  EXPECT_EQ(ContentsOf(items, {.large_bytes = 100, .max_groups = 2}),
            (Contents{{"f1", "more"}, {"f2", "f3"}}));
}

TEST(GroupByContentTest, KeepsWithinTheLimitAndLosesNothing) {
  for (const int count : {1, 29, 31, 100, 1000}) {
    const std::vector<GroupItem> items = ManyItems(count);
    const auto groups =
        GroupByContent(items, {.large_bytes = 100, .max_groups = 30});
    EXPECT_LE(groups.size(), 30u);
    std::multiset<int> seen;
    for (const auto& group : groups) seen.insert(group.begin(), group.end());
    EXPECT_EQ(seen.size(), items.size());
    EXPECT_EQ(std::set<int>(seen.begin(), seen.end()).size(), items.size());
  }
}

TEST(GroupByContentTest, DoesNotDependOnTheOrder) {
  std::vector<GroupItem> items = ManyItems(400);
  const GroupLimits limits = {.large_bytes = 100, .max_groups = 30};
  const Contents contents = ContentsOf(items, limits);
  std::reverse(items.begin(), items.end());
  EXPECT_EQ(ContentsOf(items, limits), contents);
}

TEST(GroupByContentTest, ASmallNewItemLeavesOtherBucketsAlone) {
  std::vector<GroupItem> items = ManyItems(400);
  const GroupLimits limits = {.large_bytes = 100, .max_groups = 30};
  const Contents before = ContentsOf(items, limits);
  items.push_back({.id = "new", .family = "new family", .size = 1});
  const Contents after = ContentsOf(items, limits);
  int changed = 0;
  for (const auto& group : after) changed += before.count(group) == 0 ? 1 : 0;
  EXPECT_EQ(changed, 1);
}

// On every machine and in every version: another grouping is pushed again.
TEST(GroupByContentTest, GroupsTheSameForEver) {
  std::vector<GroupItem> items;
  Contents expected;
  for (int i = 0; i < 9; ++i) {
    const std::string name = "large" + std::to_string(i);
    items.push_back({.id = name, .family = name, .size = 1000 + i});
    expected.insert({name});
  }
  const Contents small = {
      {"docker.io/flannel", "docker.io/rancher", "quay.io/calico",
       "registry.k8s.io/kube"},
      {"quay.io/cilium", "quay.io/jetstack", "registry.k8s.io/coredns"},
      {"ghcr.io/kube-vip", "quay.io/metallb"}};
  for (const std::set<std::string>& bucket : small) {
    for (const std::string& name : bucket) {
      items.push_back({.id = name, .family = name, .size = 10});
    }
    expected.insert(bucket);
  }
  EXPECT_EQ(ContentsOf(items, {.large_bytes = 100, .max_groups = 12}),
            expected);
}

TEST(GroupByContentTest, LargeItemsLeaveAFifthOfTheGroupsToFamilies) {
  std::vector<GroupItem> items;
  for (int i = 0; i < 30; ++i) {
    items.push_back(
        {.id = "large" + std::to_string(i), .family = "x", .size = 1000 + i});
  }
  for (int i = 0; i < 20; ++i) {
    const std::string name = "family" + std::to_string(i);
    items.push_back({.id = name, .family = name, .size = 1});
  }
  const Contents contents =
      ContentsOf(items, {.large_bytes = 100, .max_groups = 30});
  // The largest come out first.
  EXPECT_EQ(contents.size(), 24u);
  for (const char* id : {"large29", "large28", "large27"}) {
    EXPECT_EQ(contents.count({id}), 1u) << id;
  }
  EXPECT_EQ(contents.count({"large26"}), 0u);
  EXPECT_EQ(contents.count({"family19"}), 1u);
}

}  // namespace
}  // namespace kso::coordinator

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/grouping.h"

#include <algorithm>
#include <limits>
#include <map>
#include <set>
#include <tuple>
#include <utility>

#include "common/base/sizes.h"
#include "common/bytes/digest.h"

namespace kso::coordinator {
namespace {

struct Group {
  // The sum of the items' bytes. Groups of the same size are ordered by name.
  int64_t size = 0;
  std::string name;
  std::vector<int> items;

  bool operator<(const Group& other) const {
    return std::tie(size, name) < std::tie(other.size, other.name);
  }
};

int64_t Weight(const GroupItem& item) {
  return item.size < 0 ? std::numeric_limits<int32_t>::max() : item.size;
}

// A group for each family, ordered from the smallest.
std::multiset<Group> Families(const std::vector<GroupItem>& items) {
  std::map<std::string, Group> families;
  for (size_t i = 0; i < items.size(); ++i) {
    Group& group = families["family " + items[i].family];
    group.size = SaturatingAdd(group.size, Weight(items[i]));
    group.items.push_back(static_cast<int>(i));
  }
  std::multiset<Group> groups;
  for (auto& [name, group] : families) {
    group.name = name;
    groups.insert(std::move(group));
  }
  return groups;
}

void TakeOutLargeItems(const std::vector<GroupItem>& items,
                       const GroupLimits& limits,
                       std::multiset<Group>& groups) {
  std::vector<Group> all(groups.begin(), groups.end());
  std::vector<std::pair<int, size_t>> large;
  for (size_t g = 0; g < all.size(); ++g) {
    if (all[g].items.size() < 2) continue;
    for (const int item : all[g].items) {
      if (Weight(items[item]) >= limits.large_bytes)
        large.emplace_back(item, g);
    }
  }
  std::sort(large.begin(), large.end(), [&](const auto& a, const auto& b) {
    const int64_t left = Weight(items[a.first]);
    const int64_t right = Weight(items[b.first]);
    return left != right ? left > right : items[a.first].id < items[b.first].id;
  });
  const size_t most = limits.max_groups - limits.max_groups / 5;
  for (const auto& [item, g] : large) {
    if (all.size() >= most) break;
    if (all[g].items.size() < 2) continue;
    all[g].items.erase(
        std::find(all[g].items.begin(), all[g].items.end(), item));
    all[g].size -= Weight(items[item]);
    all.push_back({Weight(items[item]), "item " + items[item].id, {item}});
  }
  groups = {all.begin(), all.end()};
}

// The bucket of a group's name. It is a hash by definition, not by library: the
// same on every machine and in every version, or layers would be pushed again.
size_t BucketOf(const std::string& name, size_t buckets) {
  return std::stoul(Sha256Of(name).hex().substr(0, 8), nullptr, 16) % buckets;
}

// Leaves the largest groups alone and puts each other one into one of a few
// buckets, by its name.
std::multiset<Group> MergeSmall(size_t max_groups,
                                const std::multiset<Group>& groups) {
  if (groups.size() <= max_groups) return groups;
  const size_t buckets = std::max<size_t>(max_groups / 4, 1);
  std::multiset<Group> merged;
  std::map<size_t, Group> by_bucket;
  for (auto group = groups.rbegin(); group != groups.rend(); ++group) {
    if (merged.size() + buckets < max_groups) {
      merged.insert(*group);
      continue;
    }
    const size_t bucket = BucketOf(group->name, buckets);
    Group& into = by_bucket[bucket];
    into.size = SaturatingAdd(into.size, group->size);
    into.name = "bucket " + std::to_string(bucket);
    into.items.insert(into.items.end(), group->items.begin(),
                      group->items.end());
  }
  for (auto& [bucket, group] : by_bucket) merged.insert(std::move(group));
  return merged;
}

}  // namespace

std::vector<std::vector<int>> GroupByContent(
    const std::vector<GroupItem>& items, const GroupLimits& limits) {
  std::multiset<Group> groups = Families(items);
  TakeOutLargeItems(items, limits, groups);
  groups = MergeSmall(std::max(limits.max_groups, 1), groups);
  const auto by_id = [&](int a, int b) { return items[a].id < items[b].id; };
  std::vector<std::vector<int>> sorted;
  for (const Group& group : groups) {
    sorted.push_back(group.items);
    std::sort(sorted.back().begin(), sorted.back().end(), by_id);
  }
  std::sort(sorted.begin(), sorted.end(), [&](const auto& a, const auto& b) {
    return by_id(a.front(), b.front());
  });
  return sorted;
}

}  // namespace kso::coordinator

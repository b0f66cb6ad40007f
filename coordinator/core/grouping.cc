#include "coordinator/core/grouping.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "common/base/digest.h"

namespace kso::coordinator {
namespace {

using Groups = std::map<std::string, std::vector<int>>;

// The same on every machine and in every version of this program.
int BucketOf(const std::string& family, int buckets) {
  return std::stoul(Sha256Of(family).hex().substr(0, 8), nullptr, 16) % buckets;
}

int64_t Weight(const GroupItem& item) {
  return item.size < 0 ? std::numeric_limits<int64_t>::max() : item.size;
}

// The large items, the largest first and at most `limit` of them.
std::set<int> LargeItems(const std::vector<GroupItem>& items,
                         int64_t large_bytes, size_t limit) {
  std::vector<int> large;
  for (size_t i = 0; i < items.size(); ++i) {
    if (Weight(items[i]) >= large_bytes) large.push_back(static_cast<int>(i));
  }
  std::sort(large.begin(), large.end(), [&](int a, int b) {
    if (Weight(items[a]) != Weight(items[b])) {
      return Weight(items[a]) > Weight(items[b]);
    }
    return items[a].id < items[b].id;
  });
  if (large.size() > limit) large.resize(limit);
  return {large.begin(), large.end()};
}

// Groups by name: a large item's own id, a family, or with `buckets` the number
// of a family's bucket. The prefixes keep the kinds apart.
Groups Distribute(const std::vector<GroupItem>& items,
                  const std::set<int>& large, int buckets) {
  Groups groups;
  for (int i = 0; i < static_cast<int>(items.size()); ++i) {
    if (large.count(i) > 0) {
      groups["item " + items[i].id].push_back(i);
    } else if (buckets > 0) {
      const int bucket = BucketOf(items[i].family, buckets);
      groups["bucket " + std::to_string(bucket)].push_back(i);
    } else {
      groups["family " + items[i].family].push_back(i);
    }
  }
  return groups;
}

}  // namespace

std::vector<std::vector<int>> GroupByContent(
    const std::vector<GroupItem>& items, const GroupLimits& limits) {
  const size_t max_groups = std::max(limits.max_groups, 2);
  Groups groups =
      Distribute(items, LargeItems(items, limits.large_bytes, items.size()),
                 /*buckets=*/0);
  if (groups.size() > max_groups) {
    const size_t singles = max_groups / 2;
    groups = Distribute(items, LargeItems(items, limits.large_bytes, singles),
                        static_cast<int>(max_groups - singles));
  }
  const auto by_id = [&](int a, int b) { return items[a].id < items[b].id; };
  std::vector<std::vector<int>> sorted;
  for (auto& [name, group] : groups) {
    std::sort(group.begin(), group.end(), by_id);
    sorted.push_back(std::move(group));
  }
  std::sort(sorted.begin(), sorted.end(), [&](const auto& a, const auto& b) {
    return by_id(a.front(), b.front());
  });
  return sorted;
}

}  // namespace kso::coordinator

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_GROUPING_H_
#define KSO_COORDINATOR_CORE_PLAN_GROUPING_H_

#include <cstdint>
#include <string>
#include <vector>

namespace kso::coordinator {

// A file or blob that goes into a layer.
struct GroupItem {
  // Unique among the items: a path or a digest.
  std::string id;
  // Items of a family tend to change together.
  std::string family;
  // Bytes; -1 if not known, which counts as large.
  int64_t size = 0;
};

struct GroupLimits {
  // Where there is room, an item of this size is a group of its own.
  int64_t large_bytes = 0;
  // At least 1.
  int max_groups = 0;
};

// Distributes items over at most `max_groups` groups by what they are, never by
// the order that they come in. A family is a group. Large items then leave
// their families for groups of their own, the largest first, as long as a fifth
// of the groups stays free. Where there are too many families, the largest keep
// a group each: what shares a layer with something else is written again when
// that changes. Each of the others goes to one of a few buckets by its name, so
// that a family more or less leaves the other buckets as they are.
//
// Returns groups of indexes into `items`, each sorted by id, and the groups
// sorted by their first.
std::vector<std::vector<int>> GroupByContent(
    const std::vector<GroupItem>& items, const GroupLimits& limits);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_GROUPING_H_

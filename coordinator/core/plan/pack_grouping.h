// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_PACK_GROUPING_H_
#define KSO_COORDINATOR_CORE_PLAN_PACK_GROUPING_H_

#include <cstdint>
#include <vector>

#include "coordinator/core/plan/grouping.h"

namespace kso::coordinator {

// A layer that exists, as what holds some of the items.
struct Pack {
  // Bytes of everything in it.
  int64_t size = 0;
  // The items that it holds as they are wanted, as indexes. No item is in two
  // packs.
  std::vector<int> items;
};

struct PackLimits {
  GroupLimits groups;
  // Of all bytes in the groups, at most so many may be dead: in a pack that is
  // kept, and not wanted.
  double max_dead = 0.15;
  // A pack with more dead bytes than `max_dead` of its own is given up as soon
  // as its live ones cost little to write again: all such packs together at
  // most this part of what is new anyway.
  double rewrite = 0.06;
};

struct PackedGroups {
  // Packs that are kept, as indexes in their order.
  std::vector<int> kept;
  // The items of no kept pack.
  std::vector<std::vector<int>> fresh;
  // Bytes in kept packs that are not wanted.
  int64_t dead = 0;
};

// Distributes items over the packs that exist and new groups, so that little is
// written again. What is new is grouped by family. A pack is given up when the
// dead bytes of all become too many (the deadest first), when that costs
// little, or when there are too many groups (those with the least to write
// again and the most to drop first). A pure function of what it is given.
PackedGroups GroupAfterPacks(const std::vector<GroupItem>& items,
                             const std::vector<Pack>& packs,
                             const PackLimits& limits);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_PACK_GROUPING_H_

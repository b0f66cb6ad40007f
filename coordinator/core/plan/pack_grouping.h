// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_PACK_GROUPING_H_
#define KSO_COORDINATOR_CORE_PLAN_PACK_GROUPING_H_

#include <cstdint>
#include <vector>

#include "coordinator/core/plan/grouping.h"

namespace kso::coordinator {

// A layer that exists, seen as a container of items.
struct Pack {
  // Bytes of everything in it.
  int64_t size = 0;
  // The items whose wanted content it holds, as indexes. No item is in two
  // packs.
  std::vector<int> items;
};

struct PackLimits {
  GroupLimits groups;
  // The largest part of all bytes in the groups that may be dead: bytes of kept
  // packs that no item wants.
  double max_dead = 0.15;
  // A pack of which more than `max_dead` is dead is given up as soon as its
  // live bytes cost little to write again: those of all such packs together are
  // at most this part of the bytes that are new anyway.
  double rewrite = 0.06;
};

struct PackedGroups {
  // Packs that are kept, as indexes in their order.
  std::vector<int> kept;
  // Groups of the items that no kept pack holds.
  std::vector<std::vector<int>> fresh;
  // Dead bytes in the kept packs.
  int64_t dead = 0;
};

// Distributes items over packs that exist and new groups, so that few bytes are
// written again. Items of no pack are grouped by family. A pack is given up for
// one of three reasons: the dead bytes of all packs are too many (then the
// packs go first of which the largest part is dead); it costs little; or there
// are too many groups (then the packs go first that have the least to write
// again and the most to drop). A pure function.
PackedGroups GroupAfterPacks(const std::vector<GroupItem>& items,
                             const std::vector<Pack>& packs,
                             const PackLimits& limits);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_PACK_GROUPING_H_

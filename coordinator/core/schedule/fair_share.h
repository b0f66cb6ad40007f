// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_SCHEDULE_FAIR_SHARE_H_
#define KSO_COORDINATOR_CORE_SCHEDULE_FAIR_SHARE_H_

#include <cstdint>
#include <map>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "coordinator/core/state/build_entry.h"

namespace kso::coordinator {

// The range of priorities. Ten more means twice the share.
inline constexpr int kLowestPriority = -100;
inline constexpr int kHighestPriority = 100;

// Whose turn it is, by stride scheduling: each grant moves a build ahead by a
// step that is the smaller the larger its share, and who is furthest behind is
// next. A build that wanted nothing for a while, or is new, starts level with
// the furthest behind: it takes its share at once, and saves nothing up. Of
// those that are level, who had its turn longest ago is next, so that builds
// which could not take part for a while do not starve each other. Not durable,
// and the same for the same grants. Not thread safe.
class FairShare {
 public:
  // Builds in the order of their turns, worked out as far as it is asked for.
  class Turns {
   public:
    // Null at the end.
    const BuildEntry* Next();

   private:
    friend class FairShare;
    struct Turn {
      // Where it stood after its last grant.
      int64_t last;
      const BuildEntry* build;
    };
    explicit Turns(std::vector<Turn> turns);
    static bool Later(const Turn& a, const Turn& b);

    // A heap.
    std::vector<Turn> turns_;
  };

  Turns TurnsOf(const std::map<int64_t, const BuildEntry*>& builds) const;
  // A task was granted to `build`, one of the `running`.
  void Granted(const BuildEntry& build,
               const std::map<int64_t, const BuildEntry*>& running);

 private:
  // Where the last one stood that had its turn.
  int64_t level_ = 0;
  // By build number; those that are not here are level.
  absl::flat_hash_map<int64_t, int64_t> positions_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_SCHEDULE_FAIR_SHARE_H_

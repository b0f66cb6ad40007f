// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_SCHEDULE_FAIR_SHARE_H_
#define KSO_COORDINATOR_CORE_SCHEDULE_FAIR_SHARE_H_

#include <cstdint>
#include <map>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "coordinator/core/state/build_entry.h"

namespace kso::coordinator {

// Shares workers among builds by stride scheduling (Waldspurger and Weihl,
// 1995). Each grant moves a build ahead by a step that is the smaller the
// larger its share, and the build that is furthest behind is next. A build that
// is new, or wanted nothing for a while, starts level with the one furthest
// behind: it takes its share at once, and saves nothing up. Of builds that are
// level, the one whose last turn is longest ago is next, so that builds which
// could not take part for a while do not starve each other. A build whose
// priority changes takes its new share with the grant that it had last: one
// that was far ahead since its share was small does not wait that out. The
// positions are not durable, and follow from the grants alone. Not thread safe.
class FairShare {
 public:
  // Builds in the order of their turns, computed as far as it is asked for.
  class Turns {
   public:
    // The next build; null at the end.
    const BuildEntry* Next();

   private:
    friend class FairShare;
    struct Turn {
      // The build's position after its last grant.
      int64_t position;
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
  // The position of the last build that had its turn, before that turn.
  int64_t level_ = 0;
  // The level at each build's last grant, by build number. The build is ahead
  // of it by a step of its priority. A build that has none is level.
  absl::flat_hash_map<int64_t, int64_t> last_turns_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_SCHEDULE_FAIR_SHARE_H_

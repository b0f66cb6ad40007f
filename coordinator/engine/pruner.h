// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_PRUNER_H_
#define KSO_COORDINATOR_ENGINE_PRUNER_H_

#include <algorithm>
#include <cstddef>

#include "absl/time/time.h"
#include "coordinator/engine/action_runner.h"
#include "coordinator/engine/engine_options.h"
#include "coordinator/engine/transaction.h"

namespace kso::coordinator {

// Forgets old builds, and has the blobs deleted that only they needed in the
// farm's own blob store, or that a worker put there and no build needs. Not
// thread safe.
class Pruner {
 public:
  // `actions` must outlive it.
  Pruner(const EngineOptions& options, ActionRunner* actions)
      : options_(options), actions_(*actions) {}

  // Must be called in every turn; it does something only when a build has ended
  // or grown too old.
  void Tick(Transaction& turn);
  // Says that the store may have blobs that no build needs since now. Those
  // that are young then are swept later.
  void WantSweep(absl::Time now);
  // The next time at which Tick has something to do even if nothing happens.
  absl::Time NextDeadline() const { return std::min(next_, sweep_); }

 private:
  // Has a sweep made when what may be there now is not young any more.
  void WantSweepLater(absl::Time now);

  const EngineOptions options_;
  ActionRunner& actions_;
  absl::Time next_ = absl::InfinitePast();
  // The number of ended builds at the last look.
  size_t ended_ = 0;
  // The time of the next sweep. After a start the store may have blobs that no
  // build needs, since a crash may have come before their sweep.
  absl::Time sweep_ = absl::InfinitePast();
  // Another one follows, for blobs that were too young for that one.
  bool again_ = true;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_PRUNER_H_

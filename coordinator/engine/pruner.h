// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_PRUNER_H_
#define KSO_COORDINATOR_ENGINE_PRUNER_H_

#include <cstddef>

#include "absl/time/time.h"
#include "coordinator/engine/action_runner.h"
#include "coordinator/engine/engine_options.h"
#include "coordinator/engine/transaction.h"

namespace kso::coordinator {

// Forgets old builds, and has deleted what only they had in the farm's own blob
// store. Not thread safe.
class Pruner {
 public:
  // `actions` must outlive it.
  Pruner(const EngineOptions& options, ActionRunner* actions)
      : options_(options), actions_(*actions) {}

  // In every turn; looks only when a build has ended or grown old.
  void Tick(Transaction& turn);
  // When Tick has something to do without anything happening.
  absl::Time NextDeadline() const { return next_; }

 private:
  const EngineOptions options_;
  ActionRunner& actions_;
  absl::Time next_ = absl::InfinitePast();
  // Ended builds when it looked last.
  size_t ended_ = 0;
  // Blobs may be there that no build needs: also of builds that were forgotten
  // before a crash.
  bool sweep_ = true;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_PRUNER_H_

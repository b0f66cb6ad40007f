// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_STATE_PRUNING_H_
#define KSO_COORDINATOR_CORE_STATE_PRUNING_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/core/state/state.h"

namespace kso::coordinator {

// The retention of builds that have ended.
struct PruningRules {
  // So many builds are kept at most: the newest, whatever their age and name.
  int keep_builds = 0;
  // A build is kept for so long after its end. The newest build of each
  // release's name is kept longer.
  absl::Duration keep_for = absl::InfiniteDuration();
};

struct PruningChoice {
  // The ids of builds to forget, in the order in which they ended.
  std::vector<std::string> builds;
  // The time from which more may have to be forgotten, if no build ends before.
  absl::Time next = absl::InfiniteFuture();
};

PruningChoice ChooseForPruning(const State& state, const PruningRules& rules,
                               absl::Time now);

// The roots of a garbage collection of the farm's own blob store.
struct BlobsInFarm {
  // The digests of layers and base layers.
  std::vector<std::string> blobs;
  // Finished indexes. Each stands for everything that it refers to.
  std::vector<v1::Descriptor> indexes;
};

// Collects what the builds of `state` need of that store.
BlobsInFarm FindBlobsInFarm(const State& state);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_PRUNING_H_

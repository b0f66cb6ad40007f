// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_STATE_PRUNING_H_
#define KSO_COORDINATOR_CORE_STATE_PRUNING_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/core/state/state.h"

namespace kso::coordinator {

// Which ended builds are kept.
struct PruningRules {
  // The newest, whatever their age and name.
  int keep_builds = 0;
  // How long after its end; the newest build of each release's name is kept
  // longer.
  absl::Duration keep_for = absl::InfiniteDuration();
};

struct PruningChoice {
  // Ids of builds to forget, those that ended first before others.
  std::vector<std::string> builds;
  // When there may be something to forget again, if no build ends before.
  absl::Time next = absl::InfiniteFuture();
};

PruningChoice ChooseForPruning(const State& state, const PruningRules& rules,
                               absl::Time now);

// What builds have in the farm's own blob store.
struct BlobsInFarm {
  // Digests of layers and base layers.
  std::vector<std::string> blobs;
  // Each stands for all that it refers to.
  std::vector<v1::Descriptor> indexes;
};

// What all builds together have there.
BlobsInFarm FindBlobsInFarm(const State& state);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_PRUNING_H_

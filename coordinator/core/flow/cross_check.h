// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_FLOW_CROSS_CHECK_H_
#define KSO_COORDINATOR_CORE_FLOW_CROSS_CHECK_H_

#include <vector>

#include "coordinator/core/schedule/worker_pool.h"
#include "coordinator/core/state/build_entry.h"
#include "kso/v1/journal.pb.h"
#include "kso/v1/types.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// Layers are reproducible: whoever makes one from the same content makes the
// same bytes. A release with `crossCheck` has each layer that its build makes
// made by two workers, and the build goes on only where they agree.
struct CrossCheck {
  // The tasks that make layers again. While there are any, nothing is judged.
  std::vector<v1::Task> tasks;
  // One for each layer that workers made differently. None of them is
  // distrusted for it: two words do not tell which one is wrong. A third worker
  // is asked where there is one, and then it is said who stands alone.
  std::vector<v1::Failure> failures;
};

// Compares the layers of a build whose tasks of LAYERS are all done. Layers
// that the build took over from an earlier one are not made, and not compared.
CrossCheck CompareLayers(const BuildEntry& build, const WorkerPool& workers);

// The record by which the layers that were made differently are all made anew;
// none where there are no such layers. For a retry by hand.
std::vector<v1::JournalRecord> RedoDifferent(const BuildEntry& build);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_FLOW_CROSS_CHECK_H_

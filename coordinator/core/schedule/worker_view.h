// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_SCHEDULE_WORKER_VIEW_H_
#define KSO_COORDINATOR_CORE_SCHEDULE_WORKER_VIEW_H_

#include <string>

#include "absl/time/time.h"
#include "kso/v1/admin.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// A worker as far as placing tasks goes.
struct WorkerView {
  v1::WorkerInfo info;
  v1::WorkerStatus::State state = v1::WorkerStatus::READY;
  // The journal knows its name, as it held leases or was to drain, and nothing
  // else is known: it has not called since the coordinator's restart.
  bool expected = false;
  // Why it gets nothing where the state does not say.
  std::string reason;
  // When that is over of itself.
  absl::Time quarantined_until = absl::InfinitePast();

  bool ready() const { return state == v1::WorkerStatus::READY && !expected; }
};

// Why a worker that is there gets nothing: "disk full", "3 tasks in a row
// failed on it; it is tried again in 12 s". Empty when it is ready or gone.
std::string NotReadyInWords(const WorkerView& worker, absl::Time now);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_SCHEDULE_WORKER_VIEW_H_

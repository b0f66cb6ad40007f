// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_SCHEDULE_WORKER_VIEW_H_
#define KSO_COORDINATOR_CORE_SCHEDULE_WORKER_VIEW_H_

#include <string>

#include "absl/time/time.h"
#include "kso/v1/admin.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// A worker, as far as it matters for placing tasks.
struct WorkerView {
  v1::WorkerInfo info;
  v1::WorkerStatus::State state = v1::WorkerStatus::READY;
  // The journal knows its name, as it held leases or was to drain, and nothing
  // else is known: it has not called since the coordinator's restart.
  bool expected = false;
  // The reason why the worker is given nothing, where its state does not say
  // it.
  std::string reason;
  // The end of the worker's quarantine; in the past when there is none.
  absl::Time quarantined_until = absl::InfinitePast();

  bool ready() const { return state == v1::WorkerStatus::READY && !expected; }
};

// The reason why a connected worker is given nothing: "disk full", "3 tasks in
// a row failed on it; it is tried again in 12 s". Empty when it is ready or
// lost.
std::string NotReadyInWords(const WorkerView& worker, absl::Time now);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_SCHEDULE_WORKER_VIEW_H_

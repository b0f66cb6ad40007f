// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_HOST_DESK_H_
#define KSO_COORDINATOR_ENGINE_HOST_DESK_H_

#include <string>

#include "absl/time/time.h"
#include "coordinator/core/schedule/host_gate.h"
#include "coordinator/core/schedule/rate_budget.h"
#include "coordinator/engine/transaction.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// Takes the workers' reports of how hosts answer, and makes the gates that hold
// tasks back. Not thread safe.
class HostDesk {
 public:
  // Takes the reports that a session of a worker sends with a Sync.
  void Observe(Transaction& turn, const v1::WorkerInfo& worker,
               const std::string& session);
  // Forgets the last reports of a worker that is gone for good.
  void Forget(const std::string& worker) { budget_.Forget(worker); }
  void Succeeded(const TaskEntry& task);

  // A gate for the present moment; it must not be used beyond the turn.
  HostGate GateOf(const State& state, absl::Time now) const {
    return HostGate(&state, &budget_, now);
  }
  // The next time at which a gate may open even if nobody calls.
  absl::Time NextDeadline(absl::Time now) const {
    return budget_.NextChange(now);
  }

 private:
  RateBudget budget_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_HOST_DESK_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_SCHEDULE_SCHEDULER_H_
#define KSO_COORDINATOR_CORE_SCHEDULE_SCHEDULER_H_

#include <functional>
#include <map>
#include <string>

#include "coordinator/core/schedule/fair_share.h"
#include "coordinator/core/schedule/host_gate.h"
#include "coordinator/core/schedule/worker_pool.h"
#include "coordinator/core/state/state.h"

namespace kso::coordinator {

// Returns whether the build takes part in scheduling: not once it has ended or,
// past RESOLVE, once a task of it has failed (it only waits for what runs
// then).
bool GrantsTasks(const BuildEntry& build);

// Decides what a worker does next. Builds take turns by FairShare at each kind
// of worker, so that a big one does not starve the others there, whatever it
// has elsewhere; within a build the heaviest task goes
// first, and tasks for the worker's own platform before tasks for any. A worker
// gets a task only when no ready worker fits it better, and a task that failed
// goes elsewhere where somewhere else fits as well. A verification goes to the
// worker that made least of the build's layers, among those that fit as well.
// Layers that fetch something in common go to one worker, where it fits them
// as well as others.
//
// The cost of a decision grows with the number of builds that have ready tasks,
// and not with tasks or workers; only verifications and the few layers that
// fetch something in common look at all layers of their build. Not thread safe.
class Scheduler {
 public:
  struct Choice {
    // Null when there is nothing for this worker.
    const TaskEntry* task = nullptr;
    // Tasks were passed over that have failed on this worker, and that others
    // of its kind may take.
    bool for_others = false;
  };

  // Chooses the next task for a worker of the pool among those that `gate` lets
  // start; a null gate lets all start. The choice counts as a grant for the
  // fair shares.
  Choice Pick(const State& state, const WorkerPool& pool,
              const WorkerPool::Member& worker, const HostGate* gate = nullptr);

 private:
  // The shares at each kind of worker, by the kind's name.
  std::map<std::string, FairShare, std::less<>> shares_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_SCHEDULE_SCHEDULER_H_

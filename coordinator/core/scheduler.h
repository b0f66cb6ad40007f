#ifndef KSO_COORDINATOR_CORE_SCHEDULER_H_
#define KSO_COORDINATOR_CORE_SCHEDULER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "coordinator/core/start_gate.h"
#include "coordinator/core/state.h"
#include "coordinator/core/worker_view.h"

namespace kso::coordinator {

// How well a worker suits a platform; less is better.
enum class Fit {
  // Any worker will do.
  kNative = 0,
  // Runs the platform's programs by emulation.
  kEmulated = 1,
  // Can fetch and pack for it, but not run it.
  kForeign = 2,
  // Cannot do it.
  kNone = 3,
};
Fit FitOf(const v1::Task& task, const v1::WorkerInfo& worker);

// The best fit that a ready worker offers for `task`. Workers that are expected
// back after a restart count as native: waiting for them a little beats running
// elsewhere what they were made for.
Fit BestFit(const v1::Task& task, const WorkerViews& workers);

// Whether the build takes part in scheduling: not once it has ended or, past
// RESOLVE, once a task of it has failed (it only waits for what runs then).
bool GrantsTasks(const BuildEntry& build);

// Decides what a worker does next. Builds take turns, so that a big one does
// not starve the others; within a build the heaviest task goes first, and tasks
// for the worker's own platform before tasks for any. A worker gets a task only
// when no ready worker fits it better, and a task that failed goes elsewhere
// where somewhere else fits as well. Not thread safe.
class Scheduler {
 public:
  // The id of the task to grant to `worker` next, if there is one that `gate`
  // (may be null) lets start.
  std::optional<std::string> Pick(const State& state,
                                  const WorkerViews& workers,
                                  const WorkerView& worker, absl::Time now,
                                  const StartGate* gate = nullptr);

 private:
  // Number of the build that had its turn last.
  int64_t last_build_ = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_SCHEDULER_H_

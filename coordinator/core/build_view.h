#ifndef KSO_COORDINATOR_CORE_BUILD_VIEW_H_
#define KSO_COORDINATOR_CORE_BUILD_VIEW_H_

#include "coordinator/core/start_gate.h"
#include "coordinator/core/state.h"
#include "coordinator/core/worker_pool.h"

namespace kso::coordinator {

// A build as people see it.
v1::Build BuildView(const State& state, const BuildEntry& build,
                    const WorkerPool& workers, absl::Time now,
                    const StartGate* gate = nullptr);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_BUILD_VIEW_H_

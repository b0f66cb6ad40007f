// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_FLOW_BUILD_VIEW_H_
#define KSO_COORDINATOR_CORE_FLOW_BUILD_VIEW_H_

#include "coordinator/core/schedule/host_gate.h"
#include "coordinator/core/schedule/worker_pool.h"
#include "coordinator/core/state/state.h"

namespace kso::coordinator {

// A build as the services, the page and ksoctl show it. `gate` may be null.
v1::Build BuildView(const State& state, const BuildEntry& build,
                    const WorkerPool& workers, absl::Time now,
                    const HostGate* gate = nullptr);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_FLOW_BUILD_VIEW_H_

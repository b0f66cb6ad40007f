// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_SCHEDULE_WAITING_H_
#define KSO_COORDINATOR_CORE_SCHEDULE_WAITING_H_

#include <string>
#include <vector>

#include "coordinator/core/schedule/host_gate.h"
#include "coordinator/core/schedule/worker_pool.h"
#include "coordinator/core/state/state.h"

namespace kso::coordinator {

// Says in sentences for people which tasks of a running build wait, and for
// what: "verify linux/arm64: no arm64 worker is connected; start one with
// kso-worker
// --platform linux/arm64". Empty when nothing waits. `gate` may be null.
std::vector<std::string> WaitingReasons(const State& state,
                                        const BuildEntry& build,
                                        const WorkerPool& workers,
                                        absl::Time now,
                                        const HostGate* gate = nullptr);

// Says why a ready task with this demand, of a build in `phase`, has not
// started: no worker fits, a host's limit, or all slots are taken.
std::string WhyDemandWaits(const Demand& demand, v1::Phase phase,
                           const WorkerPool& workers, absl::Time now,
                           const HostGate* gate);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_SCHEDULE_WAITING_H_

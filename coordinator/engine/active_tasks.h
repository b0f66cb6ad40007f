// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_ACTIVE_TASKS_H_
#define KSO_COORDINATOR_ENGINE_ACTIVE_TASKS_H_

#include <string_view>

#include "coordinator/core/state/build_entry.h"
#include "coordinator/engine/worker_table.h"
#include "kso/v1/build.pb.h"

namespace kso::coordinator {

// The last report of the worker on the lease; null when it has said nothing
// yet, or there is no worker.
const v1::HeldLease* ReportOf(const Worker* worker, std::string_view lease_id);

// Adds to the view of a running build which of its tasks workers work on, as
// far as their last reports tell, and counts the bytes that are through among
// those of their phases.
void AddActiveTasks(const BuildEntry& build, const WorkerTable& workers,
                    v1::Build& view);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_ACTIVE_TASKS_H_

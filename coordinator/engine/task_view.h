// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_TASK_VIEW_H_
#define KSO_COORDINATOR_ENGINE_TASK_VIEW_H_

#include "absl/time/time.h"
#include "coordinator/core/schedule/host_gate.h"
#include "coordinator/core/state/task_entry.h"
#include "coordinator/engine/worker_table.h"
#include "kso/v1/farm.pb.h"

namespace kso::coordinator {

// A task with what its worker says of it while it runs, and what it waits for
// while it waits.
v1::TaskStatus ViewOfTask(const TaskEntry& task, const WorkerTable& workers,
                          const HostGate& gate, absl::Time now);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_TASK_VIEW_H_

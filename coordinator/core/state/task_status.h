// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_STATE_TASK_STATUS_H_
#define KSO_COORDINATOR_CORE_STATE_TASK_STATUS_H_

#include <cstdint>

#include "absl/time/time.h"
#include "coordinator/core/state/task_entry.h"
#include "kso/v1/farm.pb.h"

namespace kso::coordinator {

// Between the times of TaskRun and Abseil's.
int64_t ToRunTime(absl::Time time);
// The infinite past where it has not come to that.
absl::Time FromRunTime(int64_t time);

// Where an unfinished task waits, or how it ended.
v1::TaskStatus::State StateOfTask(const TaskEntry& task);

// A task as it is shown, without what its worker and the scheduler say of it.
v1::TaskStatus StatusOfTask(const TaskEntry& task);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_TASK_STATUS_H_

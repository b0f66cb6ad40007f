// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_TASK_TASK_EXECUTOR_H_
#define KSO_WORKER_TASK_TASK_EXECUTOR_H_

#include "absl/status/statusor.h"
#include "kso/v1/worker.pb.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// Does a task from beginning to end on the calling thread. May be called from
// any thread, for several tasks at a time.
class TaskExecutor {
 public:
  virtual ~TaskExecutor() = default;

  // Errors are as failure.h describes; CANCELLED soon after `control` says so.
  virtual absl::StatusOr<v1::TaskResult> Execute(const v1::Task& task,
                                                 TaskControl& control) = 0;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_TASK_TASK_EXECUTOR_H_

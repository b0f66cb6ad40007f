// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_TASK_TASK_LOG_H_
#define KSO_WORKER_TASK_TASK_LOG_H_

#include <memory>
#include <utility>

#include "common/run/clock.h"
#include "worker/task/task_executor.h"

namespace kso::worker {

// An executor that writes to the program's log what another one begins and
// ends, with the ids of builds and tasks. Thread safe.
class TaskLog final : public TaskExecutor {
 public:
  // `clock` must outlive it.
  TaskLog(std::unique_ptr<TaskExecutor> next, const Clock* clock)
      : next_(std::move(next)), clock_(clock) {}

  absl::StatusOr<v1::TaskResult> Execute(const v1::Task& task,
                                         TaskControl& control) override;

 private:
  const std::unique_ptr<TaskExecutor> next_;
  const Clock* const clock_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_TASK_TASK_LOG_H_

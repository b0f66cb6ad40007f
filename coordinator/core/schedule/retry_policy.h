// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_SCHEDULE_RETRY_POLICY_H_
#define KSO_COORDINATOR_CORE_SCHEDULE_RETRY_POLICY_H_

#include "absl/time/time.h"
#include "coordinator/core/state/state.h"

namespace kso::coordinator {

// How often a failed task is tried again, and after which pauses.
struct RetryOptions {
  // Tries beyond the first, for each kind of trouble by itself.
  int infrastructure_budget = 5;
  int transient_budget = 5;
  // A host that wants to be asked less is no fault of the task's.
  int rate_limit_budget = 30;
  absl::Duration first_delay = absl::Seconds(1);
  absl::Duration longest_delay = absl::Seconds(60);
  // A Retry-After beyond this is cut to it.
  absl::Duration longest_retry_after = absl::Minutes(10);
};

// first_delay, doubled for each earlier failure, up to longest_delay.
absl::Duration DelayAfter(int earlier_failures, const RetryOptions& options);

// What a failed try of a leased task makes of it: TaskRequeued while the budget
// of the failure's kind lasts, else TaskFailed. A worker that vanished
// (`lost_worker`) says nothing about the task, so it is requeued without delay.
v1::JournalRecord AfterFailure(const TaskEntry& task,
                               const v1::Failure& failure, bool lost_worker,
                               absl::Time now, const RetryOptions& options);

// The task goes back to the queue undone; no budget is spent.
v1::JournalRecord AfterReturn(const TaskEntry& task);

// Whether `result` is the kind of result that such work asks for.
bool ResultFits(v1::Task::WorkCase work, const v1::TaskResult& result);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_SCHEDULE_RETRY_POLICY_H_

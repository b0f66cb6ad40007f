// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_SCHEDULE_RETRY_POLICY_H_
#define KSO_COORDINATOR_CORE_SCHEDULE_RETRY_POLICY_H_

#include "absl/time/time.h"
#include "coordinator/core/state/task_entry.h"
#include "kso/v1/journal.pb.h"
#include "kso/v1/types.pb.h"

namespace kso::coordinator {

// Decides whether a failed task is worth another try, and when.

struct RetryOptions {
  // The retries beyond the first try, counted for each kind of failure by
  // itself.
  int infrastructure_budget = 5;
  int transient_budget = 5;
  // There are many, since a host that wants fewer requests is not the task's
  // fault.
  int rate_limit_budget = 30;
  absl::Duration first_delay = absl::Seconds(1);
  absl::Duration longest_delay = absl::Seconds(60);
  // A Retry-After beyond this is cut to it.
  absl::Duration longest_retry_after = absl::Minutes(10);
};

// first_delay, doubled for each earlier failure, up to longest_delay.
absl::Duration DelayAfter(int earlier_failures, const RetryOptions& options);

// The record of a failed try of a leased task: TaskRequeued while the budget of
// the failure's kind lasts, else TaskFailed. The loss of a worker
// (`lost_worker`) says nothing about the task, so it is requeued without delay.
v1::JournalRecord AfterFailure(const TaskEntry& task,
                               const v1::Failure& failure, bool lost_worker,
                               absl::Time now, const RetryOptions& options);

// The record of a task that goes back to the queue undone. No budget is spent.
v1::JournalRecord AfterReturn(const TaskEntry& task);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_SCHEDULE_RETRY_POLICY_H_

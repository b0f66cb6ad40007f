// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/retry_policy.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "common/run/retry.h"

namespace kso::coordinator {
namespace {

// The lease of `task` ends: fills what all such records share.
template <typename Change>
Change* Identify(const TaskEntry& task, Change* change) {
  change->set_task_id(task.id);
  change->set_lease_id(task.lease->lease_id);
  change->set_worker(task.lease->worker);
  return change;
}

// How many tries trouble of this kind has cost so far, and may cost.
std::pair<int, int> SpentAndBudget(const TaskEntry& task,
                                   const v1::Failure& failure,
                                   const RetryOptions& options) {
  const Trouble& trouble = task.trouble_or_none();
  if (failure.kind() == v1::Failure::INFRASTRUCTURE) {
    return {trouble.infrastructure_failures, options.infrastructure_budget};
  }
  if (failure.kind() != v1::Failure::TRANSIENT) return {0, 0};
  return failure.rate_limited()
             ? std::pair(trouble.rate_limit_failures, options.rate_limit_budget)
             : std::pair(trouble.transient_failures, options.transient_budget);
}

}  // namespace

absl::Duration DelayAfter(int earlier_failures, const RetryOptions& options) {
  return ExponentialDelay(
      {.first = options.first_delay, .longest = options.longest_delay},
      earlier_failures);
}

v1::JournalRecord AfterFailure(const TaskEntry& task,
                               const v1::Failure& failure, bool lost_worker,
                               absl::Time now, const RetryOptions& options) {
  const auto [spent, budget] = SpentAndBudget(task, failure, options);
  v1::JournalRecord record;
  if (spent >= budget) {
    v1::TaskFailed* change = Identify(task, record.mutable_task_failed());
    *change->mutable_failure() = failure;
    if (change->failure().item().empty()) {
      change->mutable_failure()->set_item(task.name);
    }
    if (budget > 0) {
      change->mutable_failure()->set_reason(absl::StrCat(
          failure.reason(), " (given up after ", spent + 1, " tries)"));
    }
    return record;
  }
  v1::TaskRequeued* change = Identify(task, record.mutable_task_requeued());
  *change->mutable_failure() = failure;
  if (!lost_worker) {
    const absl::Duration asked =
        std::min(FromProto(failure.retry_after()), options.longest_retry_after);
    *change->mutable_not_before() =
        ToProto(now + std::max(DelayAfter(spent, options), asked));
  }
  return record;
}

v1::JournalRecord AfterReturn(const TaskEntry& task) {
  v1::JournalRecord record;
  Identify(task, record.mutable_task_requeued());
  return record;
}

}  // namespace kso::coordinator

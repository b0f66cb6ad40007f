#ifndef KSO_WORKER_FETCH_RETRY_POLICY_H_
#define KSO_WORKER_FETCH_RETRY_POLICY_H_

#include <cstdint>
#include <functional>

#include "absl/status/status.h"
#include "common/base/clock.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// Runs `transfer` until it succeeds, with backoff and honouring a short
// RetryDelay, while its errors are passing ones (UNAVAILABLE,
// DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED). Gives up after four tries in a row
// that brought `position` hardly further than it had been, and after 30 in all.
absl::Status RetryWhileItHelps(Clock* clock, const TaskControl& control,
                               const std::function<int64_t()>& position,
                               const std::function<absl::Status()>& transfer);

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_RETRY_POLICY_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_RETRY_POLICY_H_
#define KSO_WORKER_FETCH_RETRY_POLICY_H_

#include <cstdint>
#include <functional>
#include <type_traits>

#include "absl/status/status.h"
#include "common/run/clock.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// Runs `transfer` until it succeeds, with backoff and honouring a short
// RetryDelay, while the kind of its errors (failure.h) is TRANSIENT. Gives up
// after four tries in a row that brought `position` hardly further than it had
// been, and after 30 in all.
absl::Status RetryWhileItHelps(Clock* clock, const TaskControl& control,
                               const std::function<int64_t()>& position,
                               const std::function<absl::Status()>& transfer);

// Calls `fetch`, which returns a Status or a StatusOr, and once more when the
// bytes were wrong (DATA_LOSS). They may have been garbled on the way, and one
// byte that came wrong before a cut spoils everything that is added to it:
// wrong bytes are believed when they come twice.
template <typename Fetch>
auto FetchAgainIfWrong(const Fetch& fetch) {
  const auto is_wrong = [](const auto& result) {
    if constexpr (std::is_same_v<std::decay_t<decltype(result)>,
                                 absl::Status>) {
      return absl::IsDataLoss(result);
    } else {
      return absl::IsDataLoss(result.status());
    }
  };
  auto result = fetch();
  return is_wrong(result) ? fetch() : result;
}

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_RETRY_POLICY_H_

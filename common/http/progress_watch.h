// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_PROGRESS_WATCH_H_
#define KSO_COMMON_HTTP_PROGRESS_WATCH_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "common/http/transport.h"

namespace kso::http {

// Tells a transfer that goes on from one that only seems to: one in which
// nothing moves, or that drips. Time that this machine takes (a slow disk) does
// not count. Not thread safe.
class ProgressWatch {
 public:
  ProgressWatch(const TransportOptions& options, absl::Time now)
      : options_(options), last_progress_(now), window_start_(now) {}

  // Says that this machine was busy with the bytes until `now`, for that long.
  void Excuse(absl::Duration busy, absl::Time now);

  // Returns why the transfer should be cut, given the bytes moved so far; empty
  // when it should go on. `answer_within` is set while the other side has all
  // of the request and has not begun to answer: it is how long that may last.
  std::string Look(int64_t moved, absl::Time now,
                   std::optional<absl::Duration> answer_within = std::nullopt);

 private:
  const TransportOptions options_;
  int64_t moved_ = 0;
  bool awaits_answer_ = false;
  absl::Time last_progress_;
  // The rate is taken anew in each window, from the first byte on.
  absl::Time window_start_;
  int64_t window_moved_ = 0;
};

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_PROGRESS_WATCH_H_

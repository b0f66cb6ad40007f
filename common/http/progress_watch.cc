// SPDX-License-Identifier: Apache-2.0
#include "common/http/progress_watch.h"

#include "common/base/strings.h"

namespace kso::http {

void ProgressWatch::Excuse(absl::Duration busy, absl::Time now) {
  last_progress_ = now;
  window_start_ += busy;
}

std::string ProgressWatch::Look(int64_t moved, absl::Time now,
                                std::optional<absl::Duration> answer_within) {
  if (answer_within.has_value() != awaits_answer_) {
    awaits_answer_ = answer_within.has_value();
    last_progress_ = now;
    window_start_ = now;
    window_moved_ = moved;
  }
  if (moved != moved_) {
    if (moved_ == 0) window_start_ = now;
    moved_ = moved;
    last_progress_ = now;
  }
  if (answer_within.has_value()) {
    if (now - last_progress_ < *answer_within) return "";
    return Concat("no answer began within ",
                  absl::FormatDuration(*answer_within));
  }
  if (now - last_progress_ >= options_.progress_timeout) {
    return Concat("nothing moved for ",
                  absl::FormatDuration(options_.progress_timeout));
  }
  const absl::Duration elapsed = now - window_start_;
  if (moved_ == 0 || elapsed < options_.rate_window) return "";
  const int64_t bytes = moved_ - window_moved_;
  const double wanted = static_cast<double>(options_.least_bytes_per_second) *
                        absl::ToDoubleSeconds(elapsed);
  if (static_cast<double>(bytes) < wanted) {
    return Concat("only ", bytes, " bytes came in the last ",
                  absl::FormatDuration(absl::Trunc(elapsed, absl::Seconds(1))),
                  ", less than ", options_.least_bytes_per_second, " a second");
  }
  window_start_ = now;
  window_moved_ = moved_;
  return "";
}

}  // namespace kso::http

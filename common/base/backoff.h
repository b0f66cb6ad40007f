// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BASE_BACKOFF_H_
#define KSO_COMMON_BASE_BACKOFF_H_

#include <functional>

#include "absl/random/random.h"
#include "absl/time/time.h"
#include "common/base/clock.h"

namespace kso {

// Delays between tries: each is drawn from the upper half of a range that
// doubles from `first` up to `longest`, so that clients that failed together do
// not come back together. Not thread safe.
class Backoff {
 public:
  Backoff(absl::Duration first, absl::Duration longest)
      : ceiling_(first), longest_(longest) {}

  absl::Duration Next();

 private:
  absl::Duration ceiling_;
  const absl::Duration longest_;
  absl::BitGen random_;
};

// Waits for `duration`; returns false, soon after, when `cancelled` (which may
// be empty) became true before the end.
bool SleepFor(Clock* clock, absl::Duration duration,
              const std::function<bool()>& cancelled = {});

}  // namespace kso

#endif  // KSO_COMMON_BASE_BACKOFF_H_

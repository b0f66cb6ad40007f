// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BASE_CANCELLATION_H_
#define KSO_COMMON_BASE_CANCELLATION_H_

#include <functional>

#include "absl/time/time.h"
#include "common/base/clock.h"

namespace kso {

// Waits for `duration`; returns false, soon after, when `cancelled` (which may
// be empty) became true before the end.
bool SleepFor(Clock* clock, absl::Duration duration,
              const std::function<bool()>& cancelled = {});

}  // namespace kso

#endif  // KSO_COMMON_BASE_CANCELLATION_H_

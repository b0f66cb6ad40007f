// SPDX-License-Identifier: Apache-2.0
#include "common/base/cancellation.h"

#include <algorithm>

#include "absl/synchronization/mutex.h"

namespace kso {
namespace {

// How late a cancellation may be noticed.
constexpr absl::Duration kPollInterval = absl::Milliseconds(100);

}  // namespace

bool SleepFor(Clock* clock, absl::Duration duration,
              const std::function<bool()>& cancelled) {
  bool never = false;
  absl::Mutex mutex;
  absl::MutexLock lock(&mutex);
  const absl::Time end = clock->Now() + duration;
  while (true) {
    if (cancelled && cancelled()) return false;
    const absl::Time now = clock->Now();
    if (now >= end) return true;
    clock->AwaitWithDeadline(
        &mutex, absl::Condition(&never),
        cancelled ? std::min(end, now + kPollInterval) : end);
  }
}

}  // namespace kso

// SPDX-License-Identifier: Apache-2.0
#include "common/run/retry.h"

#include <algorithm>
#include <memory>

#include "absl/random/random.h"
#include "common/base/status_notes.h"

namespace kso {

bool IsUnreachable(const absl::Status& status) {
  return absl::IsUnavailable(status) || absl::IsDeadlineExceeded(status);
}

bool IsTransient(const absl::Status& status) {
  if (!absl::IsResourceExhausted(status)) return IsUnreachable(status);
  switch (ExhaustedResource(status)) {
    case Resource::kUnknown:
    case Resource::kRateLimit:
      return true;
    case Resource::kDisk:
    case Resource::kMemory:
    case Resource::kSizeBound:
      return false;
  }
  return false;
}

absl::Duration ExponentialDelay(const BackoffOptions& options,
                                int earlier_failures) {
  absl::Duration delay = options.first;
  for (int i = 0; i < earlier_failures && delay < options.longest; ++i) {
    delay *= options.factor;
  }
  return std::min(delay, options.longest);
}

Jitter HalfJitter() {
  return [random = std::make_shared<absl::BitGen>()] {
    return absl::Uniform<double>(*random, 0.5, 1.0);
  };
}

absl::Duration Backoff::Next() {
  return ExponentialDelay(options_, failures_++) * jitter_();
}

}  // namespace kso

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RUN_LOCK_CHECKS_H_
#define KSO_COMMON_RUN_LOCK_CHECKS_H_

#include "absl/synchronization/mutex.h"

namespace kso {

// Abseil as Debian builds it looks for cycles in the order of locks whenever
// one is taken, which takes a noticeable part of a busy coordinator's time.
// Tests keep that; programs call this first in main.
inline void TurnOffLockChecks() {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
}

}  // namespace kso

#endif  // KSO_COMMON_RUN_LOCK_CHECKS_H_

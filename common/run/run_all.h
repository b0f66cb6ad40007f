// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RUN_RUN_ALL_H_
#define KSO_COMMON_RUN_RUN_ALL_H_

#include <functional>
#include <vector>

#include "absl/status/status.h"

namespace kso {

// Runs all of `jobs`, up to `at_once` of them at the same time; with 1, one
// after the other on the caller's thread. Returns when they have ended, with
// the first failure; what a job throws is one. After a failure, those that have
// not begun are left out.
absl::Status RunAll(int at_once,
                    const std::vector<std::function<absl::Status()>>& jobs);

}  // namespace kso

#endif  // KSO_COMMON_RUN_RUN_ALL_H_

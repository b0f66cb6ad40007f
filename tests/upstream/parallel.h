// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_PARALLEL_H_
#define KSO_TESTS_UPSTREAM_PARALLEL_H_

#include <cstddef>
#include <functional>
#include <string>

#include "absl/status/status.h"

namespace kso::upstream {

// Calls run(0) to run(count - 1) from as many threads as there are processors
// and returns the first failure. With a `title`, writes how far it has got to
// standard error every two seconds.
absl::Status RunInParallel(size_t count,
                           const std::function<absl::Status(size_t)>& run,
                           const std::string& title);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_PARALLEL_H_

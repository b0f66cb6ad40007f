// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_BUILD_REQUEST_H_
#define KSO_COMMON_RELEASE_BUILD_REQUEST_H_

#include <string_view>

#include "absl/status/status.h"

namespace kso::release {

// Rules for what a v1::SubmitBuildRequest says beside its release.

// The range of priorities. Ten more means twice the share.
inline constexpr int kLowestPriority = -100;
inline constexpr int kHighestPriority = 100;

// INVALID_ARGUMENT unless `id` is 1 to 64 of [a-z0-9-].
absl::Status CheckBuildId(std::string_view id);

// INVALID_ARGUMENT for a priority that is out of the range.
absl::Status CheckPriority(int priority);

}  // namespace kso::release

#endif  // KSO_COMMON_RELEASE_BUILD_REQUEST_H_

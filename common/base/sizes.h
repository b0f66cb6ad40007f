// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BASE_SIZES_H_
#define KSO_COMMON_BASE_SIZES_H_

#include <cstdint>

namespace kso {

// The largest file, blob or layer that is taken, 1 TiB: sizes are checked where
// somebody else's text becomes a number, so that sums of all that one build may
// have stay far from the end of int64_t.
inline constexpr int64_t kLargestContent = int64_t{1} << 40;

}  // namespace kso

#endif  // KSO_COMMON_BASE_SIZES_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BASE_SIZES_H_
#define KSO_COMMON_BASE_SIZES_H_

#include <cstdint>
#include <limits>

namespace kso {

// The largest file, blob or layer that is taken, 1 TiB: sizes are checked where
// somebody else's text becomes a number, so that sums of all that one build may
// have stay far from the end of int64_t.
inline constexpr int64_t kLargestContent = int64_t{1} << 40;

// The most bytes of the index, manifests and configs of one image together. One
// such document is at most 4 MiB (common/http/transport.h).
inline constexpr int64_t kLargestDocuments = int64_t{8} << 20;

// Adds sizes. A sum that int64_t cannot hold stays at the end of it: no sum of
// sizes, wherever they came from, overflows or changes its sign.
constexpr int64_t SaturatingAdd(int64_t a, int64_t b) {
  int64_t sum = 0;
  if (!__builtin_add_overflow(a, b, &sum)) return sum;
  return b < 0 ? std::numeric_limits<int64_t>::min()
               : std::numeric_limits<int64_t>::max();
}

}  // namespace kso

#endif  // KSO_COMMON_BASE_SIZES_H_

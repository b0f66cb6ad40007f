// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RELEASE_CHECK_RELEASE_H_
#define KSO_COMMON_RELEASE_CHECK_RELEASE_H_

#include <cstddef>
#include <vector>

#include "common/release/problem.h"
#include "kso/v1/build.pb.h"

namespace kso::release {

// The largest release, with its lists, in bytes of its message: each call and
// record that repeats a part of it then fits where it has to.
inline constexpr size_t kLargestRelease = 16 << 20;

// Each task carries the mirrors of its release: the bytes of the mirrors, times
// the number of items, are at most this.
inline constexpr size_t kMostMirrorBytes = 128 << 20;

// Everything that is wrong with a release; nothing for one that can be built as
// far as that shows without asking its hosts. ksoctl runs it to say what is
// wrong with file and line before anything is sent, and the coordinator runs it
// because it trusts no client.
std::vector<Problem> CheckRelease(const v1::Release& release);

}  // namespace kso::release

#endif  // KSO_COMMON_RELEASE_CHECK_RELEASE_H_

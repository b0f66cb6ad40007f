// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_CLOSURE_INDEX_READER_H_
#define KSO_COMMON_CLOSURE_INDEX_READER_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/closure/release_index.h"

namespace kso::closure {

// Reads again what release_index.h writes, from an image that may hold
// anything: what is returned has checked digests, sizes and texts. Fields that
// a later version adds are passed over.

// The largest index.json and SHA256SUMS that are read.
inline constexpr size_t kMostIndexBytes = size_t{4} << 20;

// INVALID_ARGUMENT when it is no index.json of kso's; says which item is wrong.
absl::StatusOr<ReleaseIndex> ReadIndexJson(std::string_view text);

// Digests, as "sha256:HEX", by path. INVALID_ARGUMENT for a line that
// sha256sum(1) would not have written, and for a path that is there twice.
absl::StatusOr<std::map<std::string, std::string>> ReadSha256Sums(
    std::string_view text);

}  // namespace kso::closure

#endif  // KSO_COMMON_CLOSURE_INDEX_READER_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_COMPRESS_H_
#define KSO_TESTS_UPSTREAM_COMPRESS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace kso::upstream {

// Whole buffers at a time, fastest level: the stand-in makes gigabytes of it.
absl::StatusOr<std::string> Gzip(std::string_view data);
absl::StatusOr<std::string> Xz(std::string_view data);

// One or more gzip members, up to 1 GiB of content.
absl::StatusOr<std::string> Gunzip(std::string_view data);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_COMPRESS_H_

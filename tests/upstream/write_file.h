// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_WRITE_FILE_H_
#define KSO_TESTS_UPSTREAM_WRITE_FILE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"

namespace kso::upstream {

// Writes beside `path` and renames, so that a reader sees all of it or nothing.
absl::Status WriteFileAtomically(const std::string& path,
                                 std::string_view content);

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_WRITE_FILE_H_

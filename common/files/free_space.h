// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_FILES_FREE_SPACE_H_
#define KSO_COMMON_FILES_FREE_SPACE_H_

#include <cstdint>
#include <filesystem>
#include <optional>

#include "absl/status/statusor.h"

namespace kso {

// How many bytes this user may still write to the file system of `directory`.
absl::StatusOr<int64_t> FreeBytes(const std::filesystem::path& directory);

// How many files and directories this user may still make on that file system
// (its inodes). Nothing where it counts none, as btrfs.
absl::StatusOr<std::optional<int64_t>> FreeFiles(
    const std::filesystem::path& directory);

// How many bytes that file system has, free or not.
absl::StatusOr<int64_t> DiskBytes(const std::filesystem::path& directory);

}  // namespace kso

#endif  // KSO_COMMON_FILES_FREE_SPACE_H_

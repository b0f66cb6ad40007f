// SPDX-License-Identifier: Apache-2.0
#include "common/files/free_space.h"

#include <sys/statvfs.h>

#include <cerrno>

#include "common/base/status_macros.h"
#include "common/files/file_io.h"

namespace kso {

namespace {

absl::StatusOr<struct statvfs> FileSystemOf(
    const std::filesystem::path& directory) {
  struct statvfs info;
  if (::statvfs(directory.empty() ? "." : directory.c_str(), &info) == 0) {
    return info;
  }
  return FileError(errno, "look at the file system of", directory);
}

}  // namespace

absl::StatusOr<int64_t> FreeBytes(const std::filesystem::path& directory) {
  KSO_ASSIGN_OR_RETURN(const struct statvfs info, FileSystemOf(directory));
  return static_cast<int64_t>(info.f_bavail) *
         static_cast<int64_t>(info.f_frsize);
}

absl::StatusOr<std::optional<int64_t>> FreeFiles(
    const std::filesystem::path& directory) {
  KSO_ASSIGN_OR_RETURN(const struct statvfs info, FileSystemOf(directory));
  if (info.f_files == 0) return std::nullopt;
  return static_cast<int64_t>(info.f_favail);
}

absl::StatusOr<int64_t> DiskBytes(const std::filesystem::path& directory) {
  KSO_ASSIGN_OR_RETURN(const struct statvfs info, FileSystemOf(directory));
  return static_cast<int64_t>(info.f_blocks) *
         static_cast<int64_t>(info.f_frsize);
}

}  // namespace kso

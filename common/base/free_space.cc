// SPDX-License-Identifier: Apache-2.0
#include "common/base/free_space.h"

#include <sys/statvfs.h>

#include <cerrno>

#include "common/base/file_io.h"

namespace kso {

absl::StatusOr<int64_t> FreeBytes(const std::filesystem::path& directory) {
  struct statvfs info;
  if (::statvfs(directory.empty() ? "." : directory.c_str(), &info) != 0) {
    return FileError(errno, "look at the file system of", directory);
  }
  return static_cast<int64_t>(info.f_bavail) *
         static_cast<int64_t>(info.f_frsize);
}

}  // namespace kso

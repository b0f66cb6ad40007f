// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_FILES_FILE_LOCK_H_
#define KSO_COMMON_FILES_FILE_LOCK_H_

#include <filesystem>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "common/files/file_io.h"

namespace kso {

// An exclusive lock on a file or a directory, for as long as it lives:
// flock(2), which only those respect who ask for it too. The kernel releases it
// when the process ends, however it ends, so a lock file that was left behind
// is harmless. Programs that this process starts do not inherit it.
class FileLock {
 public:
  // Locks the file at `path`, which is made, empty, when there is none. When
  // another process, or another FileLock of this one, holds it, the error is
  // FAILED_PRECONDITION "PATH: another process uses it; ADVICE": `advice` says
  // what the user can do about it.
  static absl::StatusOr<FileLock> TryLock(const std::filesystem::path& path,
                                          std::string_view advice);

  // The same for a file or a directory that is there; NOT_FOUND otherwise.
  static absl::StatusOr<FileLock> TryLockExisting(
      const std::filesystem::path& path, std::string_view advice);

  // Opens the file at `path` for reading and writing, made with `mode` when
  // there is none, and waits until nobody else has it locked. A file that its
  // holder removed or replaced meanwhile is opened anew: when this returns,
  // `path` is the name of the locked file.
  static absl::StatusOr<FileLock> Lock(const std::filesystem::path& path,
                                       int mode);

  // The descriptor of the locked file, which stays the lock's.
  int get() const { return file_.get(); }

 private:
  explicit FileLock(FileDescriptor file) : file_(std::move(file)) {}

  FileDescriptor file_;
};

}  // namespace kso

#endif  // KSO_COMMON_FILES_FILE_LOCK_H_

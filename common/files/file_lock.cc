// SPDX-License-Identifier: Apache-2.0
#include "common/files/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cerrno>
#include <functional>

#include "common/base/status_macros.h"
#include "common/base/strings.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

using Open = std::function<absl::StatusOr<FileDescriptor>()>;

bool IsSameFile(const FileDescriptor& file, const fs::path& path) {
  struct stat opened;
  struct stat named;
  return ::fstat(file.get(), &opened) == 0 &&
         ::stat(path.c_str(), &named) == 0 && opened.st_ino == named.st_ino &&
         opened.st_dev == named.st_dev;
}

absl::Status Flock(const FileDescriptor& file, int operation,
                   const fs::path& path, std::string_view advice) {
  while (::flock(file.get(), operation) != 0) {
    if (errno == EWOULDBLOCK) {
      return absl::FailedPreconditionError(
          Concat(path.string(), ": another process uses it; ", advice));
    }
    if (errno != EINTR) return FileError(errno, "lock", path);
  }
  return absl::OkStatus();
}

// The holder may have removed or replaced the file before it let go: then the
// lock is on a file that nobody else will open, and the next one is tried.
absl::StatusOr<FileDescriptor> OpenLocked(const Open& open, int operation,
                                          const fs::path& path,
                                          std::string_view advice) {
  while (true) {
    KSO_ASSIGN_OR_RETURN(FileDescriptor file, open());
    KSO_RETURN_IF_ERROR(Flock(file, operation, path, advice));
    if (IsSameFile(file, path)) return file;
  }
}

}  // namespace

absl::StatusOr<FileLock> FileLock::TryLock(const fs::path& path,
                                           std::string_view advice) {
  KSO_ASSIGN_OR_RETURN(
      FileDescriptor file,
      OpenLocked([&path] { return OpenFile(path, O_RDWR | O_CREAT, 0600); },
                 LOCK_EX | LOCK_NB, path, advice));
  return FileLock(std::move(file));
}

absl::StatusOr<FileLock> FileLock::TryLockExisting(const fs::path& path,
                                                   std::string_view advice) {
  // Unlike OpenFile this follows links: users may link to their directories.
  const auto open = [&path]() -> absl::StatusOr<FileDescriptor> {
    FileDescriptor file(
        ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    if (file.get() < 0) return FileError(errno, "open", path);
    return file;
  };
  KSO_ASSIGN_OR_RETURN(FileDescriptor file,
                       OpenLocked(open, LOCK_EX | LOCK_NB, path, advice));
  return FileLock(std::move(file));
}

absl::StatusOr<FileLock> FileLock::Lock(const fs::path& path, int mode) {
  KSO_ASSIGN_OR_RETURN(
      FileDescriptor file,
      OpenLocked([&] { return OpenFile(path, O_RDWR | O_CREAT, mode); },
                 LOCK_EX, path, ""));
  return FileLock(std::move(file));
}

}  // namespace kso

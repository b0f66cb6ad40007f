// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STORE_DIRECTORY_LOCK_H_
#define KSO_COORDINATOR_STORE_DIRECTORY_LOCK_H_

#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"

namespace kso::coordinator {

// Keeps other processes out of a directory while it lives. The kernel lets go
// of it when the process ends, however it ends.
class DirectoryLock {
 public:
  // Makes the directory when needed. FAILED_PRECONDITION names the lock file
  // when another process holds it.
  static absl::StatusOr<std::unique_ptr<DirectoryLock>> Acquire(
      const std::filesystem::path& directory);
  ~DirectoryLock();
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  const int fd_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STORE_DIRECTORY_LOCK_H_

// SPDX-License-Identifier: Apache-2.0
#include "worker/disk/disk_write.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "common/base/strings.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

// A task that is out of space will want more than this one write.
constexpr int64_t kRoomToWorkIn = 64 << 20;

// Returns whether another write may succeed.
bool MakeRoom(DiskBlobStore& cache, int64_t bytes) {
  return cache.MakeRoom(std::max(bytes, kRoomToWorkIn)).ok() ||
         cache.MakeRoom(bytes).ok();
}

// Calls `write`, which is as write(2) and tries to write `size` bytes, and
// makes room for it where the disk is full.
template <typename Write>
absl::StatusOr<size_t> WriteMakingRoom(const Write& write, size_t size,
                                       DiskBlobStore& cache,
                                       const std::filesystem::path& path) {
  for (bool made_room = false;; made_room = true) {
    ssize_t count;
    do {
      count = write();
    } while (count < 0 && errno == EINTR);
    if (count >= 0) return static_cast<size_t>(count);
    const int error = errno;
    if (error != ENOSPC && error != EDQUOT) {
      return DiskError(error, "write", path);
    }
    if (made_room || !MakeRoom(cache, static_cast<int64_t>(size))) {
      return About(DiskError(error, "write", path), "", "",
                   "give the worker's --cache-dir more space, or run it with "
                   "fewer --slots");
    }
  }
}

}  // namespace

absl::Status DiskError(int error, std::string_view what,
                       const std::filesystem::path& path) {
  return WorkerTrouble(
      absl::ErrnoToStatus(error, Concat("cannot ", what, " ", path.string())));
}

absl::StatusOr<size_t> WriteSome(int file, std::string_view bytes,
                                 DiskBlobStore& cache,
                                 const std::filesystem::path& path) {
  return WriteMakingRoom(
      [&] { return write(file, bytes.data(), bytes.size()); }, bytes.size(),
      cache, path);
}

absl::StatusOr<size_t> WriteSomeAt(int file, std::string_view bytes,
                                   int64_t offset, DiskBlobStore& cache,
                                   const std::filesystem::path& path) {
  return WriteMakingRoom(
      [&] { return pwrite(file, bytes.data(), bytes.size(), offset); },
      bytes.size(), cache, path);
}

}  // namespace kso::worker

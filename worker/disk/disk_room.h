// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_DISK_DISK_ROOM_H_
#define KSO_WORKER_DISK_DISK_ROOM_H_

#include <cstdint>
#include <filesystem>

#include "absl/status/status.h"
#include "common/blob/disk_blob_store.h"

namespace kso::worker {

// Has `cache` make room for so many bytes that somebody else has claimed, such
// as the stated size of a blob. That the disk has no room is the worker's
// trouble (failure.h). A claim of 64 GiB or more that the whole file system of
// `directory`, the cache's own, could not hold is the claimer's fault, and
// FAILED_PRECONDITION: no worker is to blame, and the next one would be.
absl::Status MakeRoomForClaim(DiskBlobStore& cache,
                              const std::filesystem::path& directory,
                              int64_t bytes);

}  // namespace kso::worker

#endif  // KSO_WORKER_DISK_DISK_ROOM_H_

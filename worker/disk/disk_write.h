// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_DISK_DISK_WRITE_H_
#define KSO_WORKER_DISK_DISK_WRITE_H_

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/blob/disk_blob_store.h"

namespace kso::worker {

// A failed call on a file as the worker's trouble (failure.h): "cannot WHAT
// PATH".
absl::Status DiskError(int error, std::string_view what,
                       const std::filesystem::path& path);

// write(2) of the first of `bytes`, at least one; returns how many. Where the
// disk is full, `cache` makes room, and only when it cannot is that an error.
absl::StatusOr<size_t> WriteSome(int file, std::string_view bytes,
                                 DiskBlobStore& cache,
                                 const std::filesystem::path& path);

// The same at `offset` (pwrite(2)); several threads may write different places.
absl::StatusOr<size_t> WriteSomeAt(int file, std::string_view bytes,
                                   int64_t offset, DiskBlobStore& cache,
                                   const std::filesystem::path& path);

}  // namespace kso::worker

#endif  // KSO_WORKER_DISK_DISK_WRITE_H_

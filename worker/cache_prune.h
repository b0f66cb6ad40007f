// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_CACHE_PRUNE_H_
#define KSO_WORKER_CACHE_PRUNE_H_

#include <filesystem>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/blob/disk_blob_store.h"
#include "kso/v1/worker.pb.h"
#include "worker/unpack/layer_cache.h"

namespace kso::worker {

// A worker's cache: blobs, layers that are unpacked, and downloads that are not
// whole yet.
struct PrunedCache {
  DiskBlobStore* blobs = nullptr;
  LayerCache* layers = nullptr;
  std::filesystem::path partial_directory;
};

// Brings the cache to the limits, once; nothing goes that a task uses. Unpacked
// layers and stopped downloads, which cost least to have again, go first where
// room is wanted, and with no limit at all. Returns the bytes that went, as far
// as the cache keeps account of them.
absl::StatusOr<int64_t> PruneCache(const PrunedCache& cache,
                                   const v1::CachePruning& pruning,
                                   absl::Time now);

// The bytes of all of it that is kept account of.
int64_t UsedBytes(const PrunedCache& cache);

}  // namespace kso::worker

#endif  // KSO_WORKER_CACHE_PRUNE_H_

// SPDX-License-Identifier: Apache-2.0
#include "worker/cache_prune.h"

#include <algorithm>

#include "common/base/proto_time.h"
#include "common/base/status_macros.h"
#include "common/files/free_space.h"
#include "worker/fetch/partial_file.h"

namespace kso::worker {
namespace {

void RemoveWhatCostsLeast(const PrunedCache& cache) {
  cache.layers->RemoveIdle();
  DeletePartialFiles(cache.partial_directory, 0);
}

PruneLimits LimitsOf(const v1::CachePruning& pruning, absl::Time now) {
  PruneLimits limits;
  if (pruning.has_older_than()) {
    limits.unused_since = now - FromProto(pruning.older_than());
  }
  if (pruning.has_keep_bytes()) limits.max_bytes = pruning.keep_bytes();
  if (pruning.has_free_bytes()) limits.min_free_bytes = pruning.free_bytes();
  return limits;
}

}  // namespace

int64_t UsedBytes(const PrunedCache& cache) {
  return cache.blobs->UsedBytes() + cache.layers->UsedBytes();
}

absl::StatusOr<int64_t> PruneCache(const PrunedCache& cache,
                                   const v1::CachePruning& pruning,
                                   absl::Time now) {
  const int64_t before = UsedBytes(cache);
  PruneLimits limits = LimitsOf(pruning, now);
  const bool everything = !pruning.has_older_than() &&
                          !pruning.has_keep_bytes() &&
                          !pruning.has_free_bytes();
  if (everything) limits.max_bytes = 0;
  KSO_ASSIGN_OR_RETURN(const int64_t free_bytes,
                       FreeBytes(cache.layers->directory()));
  if (everything || before > limits.max_bytes ||
      free_bytes < limits.min_free_bytes) {
    RemoveWhatCostsLeast(cache);
  }
  // The unpacked layers that are in use count, too.
  limits.max_bytes =
      std::max<int64_t>(0, limits.max_bytes - cache.layers->UsedBytes());
  KSO_RETURN_IF_ERROR(cache.blobs->Prune(limits).status());
  return before - UsedBytes(cache);
}

}  // namespace kso::worker

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_BLOB_SWEEP_H_
#define KSO_COORDINATOR_REGISTRY_BLOB_SWEEP_H_

#include <cstdint>
#include <filesystem>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/blob/blob_store.h"
#include "coordinator/core/state/pruning.h"

namespace kso::coordinator {

// The blobs that a sweep deleted.
struct SweepReport {
  int blobs = 0;
  int64_t bytes = 0;
};

// Deletes the blobs of `blobs`, a DiskBlobStore in `directory`, that are not
// `needed` and were written before `written_before`: what is younger may be of
// a task that has not reported yet. Whoever reads a blob at the moment reads it
// to its end.
absl::StatusOr<SweepReport> SweepBlobStore(
    BlobStore* blobs, const std::filesystem::path& directory,
    const BlobsInFarm& needed, absl::Time written_before);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_BLOB_SWEEP_H_

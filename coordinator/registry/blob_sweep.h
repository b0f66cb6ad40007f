// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_BLOB_SWEEP_H_
#define KSO_COORDINATOR_REGISTRY_BLOB_SWEEP_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/blob/disk_blob_store.h"
#include "coordinator/core/state/pruning.h"

namespace kso::coordinator {

// Deletes the blobs of `blobs` that are not `needed` and were written before
// `written_before`: a younger one may be of a task that has not reported it
// yet.
absl::StatusOr<SweptBlobs> SweepBlobStore(DiskBlobStore* blobs,
                                          const BlobsInFarm& needed,
                                          absl::Time written_before);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_BLOB_SWEEP_H_

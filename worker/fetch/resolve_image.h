// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_RESOLVE_IMAGE_H_
#define KSO_WORKER_FETCH_RESOLVE_IMAGE_H_

#include "absl/status/statusor.h"
#include "common/blob/blob_store.h"
#include "google/protobuf/repeated_field.h"
#include "kso/v1/worker.pb.h"
#include "worker/task/image_stores.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// Resolves a reference to digests and documents, byte for byte: the document
// that it names, the manifest for each wanted platform that the image has, and
// their configs where asked for; see platform_manifests.h. Signatures, where
// asked for, are those of upstream_artifacts.h. A platform that the
// image does not have is simply not in the result. A tag costs one HEAD;
// documents that `cache` has are not fetched again. Errors carry item and
// location as failure.h says.
absl::StatusOr<v1::ResolvedImage> ResolveImage(
    const v1::ResolveImage& work,
    const google::protobuf::RepeatedPtrField<v1::Mirror>& mirrors,
    ImageStores& stores, BlobStore& cache, TaskControl& control);

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_RESOLVE_IMAGE_H_

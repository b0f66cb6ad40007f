// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_FIND_BLOBS_H_
#define KSO_COORDINATOR_REGISTRY_FIND_BLOBS_H_

#include "absl/status/statusor.h"
#include "common/oci/image_store.h"
#include "coordinator/engine/build_actions.h"

namespace kso::coordinator {

// Answers the request with `at_once` questions at a time, on threads of its
// own; with 1, on the caller's thread. The first error ends the work and is
// returned.
//
// Registries that hide what does not exist deny the question for a blob of a
// repository that is still to be made. Where blobs are mounted, that is where a
// build will push, such a blob is not there, and whether the repository can be
// pushed to decides: a push is begun in each repository that lacks something,
// whose error is returned. NOT_FOUND names all repositories that have to be
// made first.
absl::StatusOr<FindOutcome> FindBlobs(oci::ImageStore& store,
                                      const FindRequest& request, int at_once);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_FIND_BLOBS_H_

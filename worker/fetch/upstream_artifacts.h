// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_UPSTREAM_ARTIFACTS_H_
#define KSO_WORKER_FETCH_UPSTREAM_ARTIFACTS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "kso/v1/worker.pb.h"
#include "worker/fetch/document_reader.h"

namespace kso::worker {

// Reads the signatures and attestations that lie beside an image in its
// repository, as v1::UpstreamArtifact has them: cosign's, by their tags; what
// refers to the image, by the registry's own list and by the tag that stands
// for it where there is none (OCI distribution spec 1.1, "Listing Referrers");
// and the attestations that its indexes list for the platform
// "unknown/unknown", as BuildKit writes them. The list is always told under
// that tag. What is signed comes along for cosign's, and for Sigstore's
// bundles.
//
// `image` has the documents that were read of it. What lies beside each of its
// manifests, those of its platforms, follows: publishers sign them, too
// (`cosign sign --recursive`), or them alone. An image without any has an empty
// result. Nothing is judged here but what is too large to be told.
absl::StatusOr<std::vector<v1::UpstreamArtifact>> ReadUpstreamArtifacts(
    const v1::ResolvedImage& image, DocumentReader& reader);

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_UPSTREAM_ARTIFACTS_H_

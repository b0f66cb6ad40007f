// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_CLOSURE_H_
#define KSO_COORDINATOR_REGISTRY_CLOSURE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/bytes/digest.h"
#include "common/oci/image_store.h"
#include "coordinator/registry/assembly.h"

namespace kso::coordinator {

// A blob in a repository of a destination: "team/kubespray-files".
struct BlobPlace {
  std::string repository;
  Digest digest;

  friend auto operator<=>(const BlobPlace&, const BlobPlace&) = default;
};

// The layers that the manifests of an assembly refer to and that workers have
// pushed, each place once.
absl::StatusOr<std::vector<BlobPlace>> LayersOf(
    const Assembly& assembly, const v1::Destination& destination);

// The digests of the `blobs` that are not there. Asks for `at_once` of them at
// a time; with 1, on the caller's thread. A blob about which the store does not
// let one ask counts as there: pushing what names it will tell.
absl::StatusOr<std::vector<std::string>> FindMissing(
    oci::ImageStore& store, const std::vector<BlobPlace>& blobs, int at_once);

// The digests of an index, and of the manifests, configs and layers that it
// refers to, that are not there. An error when the store cannot say it of one
// of them.
absl::StatusOr<std::vector<std::string>> FindMissingOfIndex(
    oci::ImageStore& store, const std::string& repository,
    const std::string& index_digest, int at_once);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_CLOSURE_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_ASSEMBLY_H_
#define KSO_COORDINATOR_REGISTRY_ASSEMBLY_H_

#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/engine/build_actions.h"

namespace kso::coordinator {

// One document to push by digest.
struct DocumentPush {
  // "kubespray-files".
  std::string image;
  // Configs, the content of artifacts, and layers that the coordinator makes
  // itself are pushed as blobs; manifests and indexes are not.
  bool is_blob = false;
  v1::Document document;
};

struct Assembly {
  // The documents in the order in which to push them: blobs, platform
  // manifests, indexes.
  std::vector<DocumentPush> pushes;
  AssembleOutcome outcome;
};

// Makes configs, platform manifests and indexes of finished layers, and the
// last layer of kubespray-files (site_layer.h). Pure. INVALID_ARGUMENT for a
// base that does not fit; otherwise errors are those of MakeSiteLayer.
absl::StatusOr<Assembly> AssembleImages(const AssembleRequest& request);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_ASSEMBLY_H_

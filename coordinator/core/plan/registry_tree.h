// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_REGISTRY_TREE_H_
#define KSO_COORDINATOR_CORE_PLAN_REGISTRY_TREE_H_

#include <vector>

#include "common/oci/blob_data_path.h"
#include "coordinator/core/plan/image_choice.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// The tree of Distribution's filesystem driver (2.8 and 3), as paths of layer
// members. Digests, repositories and tags have passed their grammar before they
// come here.

using oci::BlobDataPath;
using oci::kBlobsDirectory;

// The manifests of `image` and all links that make its chosen manifests
// reachable, but no blob of layers or configs. Several images of a repository
// share links: merge by path.
std::vector<v1::LayerMember> ImageLinks(const ChosenImage& image);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_REGISTRY_TREE_H_

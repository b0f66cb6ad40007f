// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_SITE_LAYER_H_
#define KSO_COORDINATOR_REGISTRY_SITE_LAYER_H_

#include <string>

#include "absl/status/statusor.h"
#include "coordinator/core/plan/image_choice.h"
#include "coordinator/engine/build_actions.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// The last layer of kubespray-files, which tells what the release has
// (site::kOfflineFile and the files beside it). Its texts have the digests of
// all files in them, so it cannot be made before the other layers are.
struct SiteLayer {
  v1::MadeLayer made;
  // The encoded layer.
  std::string blob;
};

// Makes the layer of what `request` has made. `choice` is that of its release.
// The same items give the same bytes. FAILED_PRECONDITION, which names the
// item, when Kubespray would not find something with the offline.yml that is in
// the layer; INTERNAL when an item is in no layer.
absl::StatusOr<SiteLayer> MakeSiteLayer(const AssembleRequest& request,
                                        const ImageChoice& choice);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_SITE_LAYER_H_

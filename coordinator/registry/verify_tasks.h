// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_REGISTRY_VERIFY_TASKS_H_
#define KSO_COORDINATOR_REGISTRY_VERIFY_TASKS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/core/plan/image_choice.h"
#include "coordinator/engine/build_actions.h"

namespace kso::coordinator {

// The task that runs one platform image, made on `base`, and asks it for
// everything that it should serve: for kubespray-files what the layers hold,
// for kubespray-images `images`, those that were chosen for the release. Of
// images with the same content for several platforms, the first in `request` is
// the one that the others point to. `own_layer` is the one on top that the
// coordinator made itself; null if there is none. INTERNAL when one of the
// other layers is not in `request`.
absl::StatusOr<v1::Task> MakeVerifyTask(const AssembleRequest& request,
                                        const v1::PlannedImage& planned,
                                        const std::vector<ChosenImage>& images,
                                        const ChosenManifest& base,
                                        const v1::Descriptor& manifest,
                                        const v1::MadeLayer* own_layer);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_REGISTRY_VERIFY_TASKS_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_PLAN_IMAGES_H_
#define KSO_COORDINATOR_CORE_PLAN_PLAN_IMAGES_H_

#include <vector>

#include "coordinator/core/base/task_factory.h"
#include "coordinator/core/plan/image_choice.h"
#include "coordinator/core/plan/plan.h"
#include "coordinator/core/plan/plan_history.h"

namespace kso::coordinator {

// Adds kubespray-images to `plan`, the variant for each platform and the one
// for all. A platform's blobs are in layers of their own; its links, manifests
// and tags, and the registry's configuration, are in one small layer after
// them. The variant for all has the layers of every platform: what two of them
// have in common is the same file in both. Layers that `history` has are kept
// or reused.
void PlanImages(const TaskFactory& factory,
                const std::vector<ChosenImage>& images, const ChosenImage& base,
                const PlanHistory& history, Plan& plan);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_PLAN_IMAGES_H_

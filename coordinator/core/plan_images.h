#ifndef KSO_COORDINATOR_CORE_PLAN_IMAGES_H_
#define KSO_COORDINATOR_CORE_PLAN_IMAGES_H_

#include <vector>

#include "coordinator/core/image_choice.h"
#include "coordinator/core/plan_history.h"
#include "coordinator/core/planner.h"
#include "coordinator/core/task_factory.h"

namespace kso::coordinator {

// Adds kubespray-images to `plan`, the variant for each platform and the one
// for all. The blobs of a platform are in layers that both variants have; all
// links, manifests and tags are in one last layer of each variant, along with
// the registry's configuration. Layers that `history` has are kept or reused.
void PlanImages(const TaskFactory& factory,
                const std::vector<ChosenImage>& images, const ChosenImage& base,
                const PlanHistory& history, Plan& plan);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_IMAGES_H_

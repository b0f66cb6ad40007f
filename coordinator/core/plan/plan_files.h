// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_PLAN_FILES_H_
#define KSO_COORDINATOR_CORE_PLAN_PLAN_FILES_H_

#include "coordinator/core/base/task_factory.h"
#include "coordinator/core/plan/image_choice.h"
#include "coordinator/core/plan/plan.h"
#include "coordinator/core/plan/plan_history.h"

namespace kso::coordinator {

// Adds kubespray-files to `plan`: layers with the files of all architectures,
// one with nginx's configuration on top of them, and a platform manifest for
// each of the base's, all of the same layers. Layers that `history` has are
// kept or reused.
void PlanFiles(const TaskFactory& factory, const Resolved& resolved,
               const ChosenImage& base, const PlanHistory& history, Plan& plan);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_PLAN_FILES_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_PLANNER_H_
#define KSO_COORDINATOR_CORE_PLAN_PLANNER_H_

#include <string_view>

#include "coordinator/core/plan/plan.h"
#include "coordinator/core/plan/plan_history.h"
#include "kso/v1/build.pb.h"

namespace kso::coordinator {

// Plans a release whose names have been resolved. A pure function: the same
// arguments give the same plan, on any machine.
Plan MakePlan(std::string_view build_id, const v1::Release& release,
              const Resolved& resolved, const PlanHistory& history = {});

// Makes the plan's tasks read the files again that no checksum states, also
// where a worker has content under the same validators. For builds that take
// nothing over.
void ReadFilesAgain(Plan& plan);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_PLANNER_H_

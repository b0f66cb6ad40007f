// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_PLAN_SUMMARY_H_
#define KSO_COORDINATOR_CORE_PLAN_PLAN_SUMMARY_H_

#include "coordinator/core/plan/plan.h"
#include "coordinator/core/plan/plan_history.h"

namespace kso::coordinator {

// Fills in what a plan costs, in all and for each item. It is called once, when
// everything else of the plan is there.
void Summarize(const v1::Release& release, const Resolved& resolved,
               const PlanHistory& history, Plan& plan);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_PLAN_SUMMARY_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_FETCH_GROUPS_H_
#define KSO_COORDINATOR_CORE_PLAN_FETCH_GROUPS_H_

#include "coordinator/core/plan/plan.h"

namespace kso::coordinator {

// Numbers the groups of tasks, from 1, that fetch a blob in common
// (v1::Task.fetch_group): the copy of a base's layers and the layer that packs
// the same image, and copies of bases that share layers. Tasks that earlier
// builds have done fetch nothing, and are in no group.
void GroupByFetch(Plan& plan);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_FETCH_GROUPS_H_

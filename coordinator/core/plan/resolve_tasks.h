// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_RESOLVE_TASKS_H_
#define KSO_COORDINATOR_CORE_PLAN_RESOLVE_TASKS_H_

#include <string_view>
#include <vector>

#include "coordinator/core/memory/memo.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// The tasks that turn the release's names into digests and sizes: one for each
// URL and one for each image, bases included. Where `memo` knows an image, its
// task says so; `memo` is null for a build that takes nothing over.
std::vector<v1::Task> ResolveTasks(std::string_view build_id,
                                   const v1::Release& release,
                                   const Memo* memo = nullptr);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_RESOLVE_TASKS_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_PLAN_LIMITS_H_
#define KSO_COORDINATOR_CORE_PLAN_PLAN_LIMITS_H_

#include <cstddef>
#include <cstdint>

#include "common/base/sizes.h"
#include "coordinator/core/plan/plan.h"
#include "kso/v1/build.pb.h"

namespace kso::coordinator {

// Bounds on what the items of one build come to together. Each item is bounded
// where it enters (common/base/sizes.h), and hundreds of them may still be more
// than messages, records and disks take.

// The most bytes of all its contents.
inline constexpr int64_t kLargestBuild = 64 * kLargestContent;

// The most bytes of the indexes, manifests and configs of its images. One task
// carries those of a platform's images, and one record all tasks.
inline constexpr int64_t kMostDocuments = 32 << 20;

// The most bytes of a task, which a worker is sent in one message of at most
// 64 MiB (common/rpc/channel.h).
inline constexpr size_t kLargestTask = 48 << 20;

// The most bytes of all tasks of a plan, which one record holds.
inline constexpr size_t kLargestTasks = 128 << 20;

// Returns whether the documents are within kMostDocuments; if not, adds a
// failure that names the largest. To be asked before there are tasks.
bool DocumentsFit(const v1::Release& release, const Resolved& resolved,
                  Plan& plan);

// Adds failures for what is over the other bounds. To be asked when the plan is
// otherwise ready, with its summary.
void CheckTotals(const v1::Release& release, Plan& plan);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_PLAN_LIMITS_H_

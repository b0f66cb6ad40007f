// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_BASE_RESULT_CHECK_H_
#define KSO_COORDINATOR_CORE_BASE_RESULT_CHECK_H_

#include "absl/status/status.h"
#include "kso/v1/types.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// The door for what workers report. They are programs of other versions, and
// anybody on the coordinator's network may be one: what they say is compared
// with what they were asked, and bounded, before it becomes a part of the state
// and of plans.

// The most slots of a worker, and so the most that are free.
inline constexpr int kMostSlots = 256;

// Judges a result against its task: it is of the task's kind; items and members
// are those of the task, in number and order; digests, media types and sizes
// are such (OCI image spec, descriptor.md), and those that the task states are
// what it states; documents and texts are bounded.
//
// INTERNAL, where no honest worker of this version would have said so;
// INVALID_ARGUMENT where the item is to blame, for documents that are too many
// bytes together.
absl::Status CheckResult(const v1::Task& task, const v1::TaskResult& result);

// Makes a failure's texts printable and bounded, its delay at most a day, and
// lets its reason not name the item again.
void BoundFailure(v1::Failure& failure);

// Bounds what a worker says of itself: texts, numbers, times, and how many of
// each there are.
void BoundWorkerInfo(v1::WorkerInfo& info);

// The free slots that a worker may have, of those that it claims.
int BoundFreeSlots(const v1::WorkerInfo& info, int claimed);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_BASE_RESULT_CHECK_H_

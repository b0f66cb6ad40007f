// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_TASK_FAILURE_H_
#define KSO_WORKER_TASK_FAILURE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "kso/v1/types.pb.h"

namespace kso::worker {

// How a task's error becomes a Failure for people. The code says the kind, and
// for RESOURCE_EXHAUSTED what is exhausted:
//
//   IsTransient (common/run/retry.h)                       TRANSIENT
//   INTERNAL, UNKNOWN, ABORTED, CANCELLED, disk and memory  INFRASTRUCTURE
//   all others                                              PERMANENT
//
// Facts that a code cannot say travel with the status, put there by the
// functions below and those of status_notes.h. Each leaves OK statuses alone,
// and what is said first, nearest to the trouble, stays.

// The item that the error is about, where it was asked for, and what to do.
absl::Status About(absl::Status status, std::string_view item,
                   std::string_view location, std::string_view advice = {});

// The worker's own trouble, such as a full disk, whatever the code.
absl::Status WorkerTrouble(absl::Status status);

// The layers whose makers are to blame (v1::Failure::wrong_layers).
absl::Status OfWrongLayers(absl::Status status,
                           const std::vector<std::string>& digests);

// The kind of the Failure that ToFailure makes of an error.
v1::Failure::Kind FailureKind(const absl::Status& status);

// `item` is taken when the error does not name one.
v1::Failure ToFailure(const absl::Status& status, std::string_view item);

}  // namespace kso::worker

#endif  // KSO_WORKER_TASK_FAILURE_H_

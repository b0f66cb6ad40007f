// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_HOST_REPORTS_H_
#define KSO_WORKER_HOST_REPORTS_H_

#include "absl/time/time.h"
#include "common/http/host_limits.h"
#include "kso/v1/worker.pb.h"

namespace kso::worker {

// Puts what hosts have said of their limits into `info`, for the coordinator.
void AddHostReports(const http::HostLimits& limits, absl::Time now,
                    v1::WorkerInfo& info);

}  // namespace kso::worker

#endif  // KSO_WORKER_HOST_REPORTS_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_BASE_QUOTAS_H_
#define KSO_COORDINATOR_CORE_BASE_QUOTAS_H_

#include <cstdint>

#include "absl/time/time.h"

namespace kso::coordinator {

// The share of the farm that one identity may have, and all together, so that a
// flood costs a bounded amount. The defaults are far beyond what people need.
struct Quotas {
  // Builds that have not ended.
  int builds_of_one = 100;
  int builds_of_all = 1000;
  // Builds that one identity may begin within `submit_window`, whatever became
  // of them: each is a record of the journal, and pushes an older one out.
  int submits_of_one = 600;
  absl::Duration submit_window = absl::Minutes(10);
  // Files and images of one release.
  int items = 100'000;
  // Bytes that one build may fetch, and push. These bound what a build may take
  // of disks too.
  int64_t bytes = int64_t{1} << 40;
  // Bytes of the coordinator's disk that the builds of one identity hold: blobs
  // of the farm's own store, and records of the journal.
  int64_t disk_bytes = int64_t{1} << 40;
  // How often one build is retried, or given another priority: each time adds
  // to its log and to the journal.
  int interventions = 1000;
  // Parked calls that wait for news of builds.
  int watchers_of_one = 200;
  int watchers_of_all = 5000;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_BASE_QUOTAS_H_

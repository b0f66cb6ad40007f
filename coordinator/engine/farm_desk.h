// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_FARM_DESK_H_
#define KSO_COORDINATOR_ENGINE_FARM_DESK_H_

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/engine/build_desk.h"
#include "coordinator/engine/host_desk.h"
#include "coordinator/engine/transaction.h"
#include "coordinator/engine/worker_table.h"
#include "kso/v1/farm.pb.h"

namespace kso::coordinator {

// Answers what pages and scripts ask of builds and the farm (farm_queries.h).
// It changes nothing. Not thread safe.
class FarmDesk {
 public:
  // The pointers must outlive it.
  FarmDesk(WorkerTable* workers, const HostDesk* hosts, BuildDesk* builds)
      : workers_(*workers), hosts_(*hosts), builds_(*builds) {}

  // The journal has been replayed: what follows is of this run.
  void Start(const State& state, absl::Time now);

  absl::StatusOr<v1::ListBuildSummariesResponse> ListBuilds(
      Transaction& turn, const v1::ListBuildSummariesRequest& request) const;
  absl::StatusOr<v1::BuildDetails> GetBuild(
      Transaction& turn, const v1::GetBuildDetailsRequest& request) const;
  absl::StatusOr<v1::ListTasksResponse> ListTasks(
      Transaction& turn, const v1::ListTasksRequest& request) const;
  absl::StatusOr<v1::ListEventsResponse> ListEvents(
      Transaction& turn, const v1::ListEventsRequest& request) const;
  v1::FarmStatus GetFarm(const Transaction& turn) const;
  absl::StatusOr<v1::ListWorkerDetailsResponse> ListWorkers(
      const Transaction& turn,
      const v1::ListWorkerDetailsRequest& request) const;
  v1::ListHostsResponse ListHosts(const Transaction& turn) const;
  v1::ListReleasesResponse ListReleases(const Transaction& turn) const;

 private:
  WorkerTable& workers_;
  const HostDesk& hosts_;
  BuildDesk& builds_;
  absl::Time started_;
  // The totals of earlier runs, as far as their records are there.
  v1::FarmTotals before_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_FARM_DESK_H_

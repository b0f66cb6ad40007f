// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_FARM_QUERIES_H_
#define KSO_COORDINATOR_ENGINE_FARM_QUERIES_H_

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "kso/v1/farm.pb.h"

namespace kso::coordinator {

// Takes the answer of the engine, as Engine says.
template <typename Response>
using EngineDone = absl::AnyInvocable<void(absl::StatusOr<Response>)>;

// The questions of pages and scripts to the engine, as proto/kso/v1/farm.proto
// has it. Pages count from the first; a page_size of 0 leaves it to the engine,
// and INVALID_ARGUMENT is the answer to a page that is none. The methods are
// called as those of Engine.
class FarmQueries {
 public:
  virtual ~FarmQueries() = default;

  virtual void ListBuildSummaries(
      v1::ListBuildSummariesRequest request,
      EngineDone<v1::ListBuildSummariesResponse> done) = 0;
  // NOT_FOUND when there is no such build; so do the next two.
  virtual void GetBuildDetails(v1::GetBuildDetailsRequest request,
                               EngineDone<v1::BuildDetails> done) = 0;
  virtual void ListTasks(v1::ListTasksRequest request,
                         EngineDone<v1::ListTasksResponse> done) = 0;
  virtual void ListEvents(v1::ListEventsRequest request,
                          EngineDone<v1::ListEventsResponse> done) = 0;

  // Long poll: answers as soon as something differs from `known_revision`, at
  // most twice a second, and when `wait` is over.
  virtual void WatchFarm(v1::WatchFarmRequest request,
                         EngineDone<v1::WatchFarmResponse> done) = 0;
  virtual void GetFarm(v1::GetFarmRequest request,
                       EngineDone<v1::FarmStatus> done) = 0;
  // NOT_FOUND when a worker is named that does not exist.
  virtual void ListWorkerDetails(
      v1::ListWorkerDetailsRequest request,
      EngineDone<v1::ListWorkerDetailsResponse> done) = 0;
  virtual void ListHosts(v1::ListHostsRequest request,
                         EngineDone<v1::ListHostsResponse> done) = 0;
  virtual void ListReleases(v1::ListReleasesRequest request,
                            EngineDone<v1::ListReleasesResponse> done) = 0;

  // Changes a running build's share of the farm; nothing that runs is
  // interrupted. FAILED_PRECONDITION when it has ended, INVALID_ARGUMENT for a
  // priority out of bounds.
  virtual void SetPriority(v1::SetPriorityRequest request,
                           EngineDone<v1::Build> done) = 0;
  // Takes an operator's order to drain back. A worker that drains by its own
  // word goes on doing so. NOT_FOUND when there is no such worker.
  virtual void UndrainWorker(v1::UndrainWorkerRequest request,
                             EngineDone<v1::UndrainWorkerResponse> done) = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_FARM_QUERIES_H_

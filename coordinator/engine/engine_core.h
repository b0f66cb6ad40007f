// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_ENGINE_CORE_H_
#define KSO_COORDINATOR_ENGINE_ENGINE_CORE_H_

#include <deque>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "coordinator/core/state/state.h"
#include "coordinator/engine/action_runner.h"
#include "coordinator/engine/build_actions.h"
#include "coordinator/engine/build_desk.h"
#include "coordinator/engine/build_guard.h"
#include "coordinator/engine/engine.h"
#include "coordinator/engine/engine_options.h"
#include "coordinator/engine/farm_desk.h"
#include "coordinator/engine/farm_watch.h"
#include "coordinator/engine/host_desk.h"
#include "coordinator/engine/mailbox.h"
#include "coordinator/engine/prune_desk.h"
#include "coordinator/engine/pruner.h"
#include "coordinator/engine/sync_desk.h"
#include "coordinator/engine/worker_table.h"
#include "coordinator/store/state_store.h"

namespace kso::coordinator {

// The engine without a thread or a clock: calls put commands into a mailbox,
// and the owner of the core runs its turns, at the times that each turn
// returns. With the same calls at the same times, the same store and the same
// lease ids, it does the same.
//
// The calls of Engine may come from any thread; Start and Turn belong to one
// thread, and `done` is called on that one.
class EngineCore : public Engine {
 public:
  // The pointers must outlive it.
  EngineCore(const EngineOptions& options, StateStore* store,
             BuildActions* actions);

  // Replays the journal, and sets a build aside that has ended the process
  // before (build_guard.h). Must be called first; the first turn is due at
  // once.
  absl::Status Start(absl::Time now);

  // Runs the commands, decides, commits, and only then answers and acts.
  // Returns the time at which the next turn is due; a command makes one due at
  // once. After an error the state in memory is ahead of the journal: nothing
  // was answered, and there must be no other turn.
  absl::StatusOr<absl::Time> Turn(absl::Time now,
                                  std::deque<Mailbox::Command>& commands);

  // Closes the mailbox and refuses the commands in it and all parked calls.
  void Stop() override;

  // The commands for the next turn.
  Mailbox& mailbox() { return *mailbox_; }
  // The state as decided; between turns it is durable. Must be read on the
  // thread of Turn.
  const State& state() const { return state_; }

  void Sync(v1::SyncRequest request, Caller caller,
            Done<v1::SyncResponse> done) override;
  void SubmitBuild(v1::SubmitBuildRequest request,
                   Done<v1::Build> done) override;
  void GetBuild(v1::GetBuildRequest request, Done<v1::Build> done) override;
  void ListBuilds(v1::ListBuildsRequest request,
                  Done<v1::ListBuildsResponse> done) override;
  void WatchBuild(v1::WatchBuildRequest request,
                  Done<v1::WatchBuildResponse> done) override;
  void CancelBuild(v1::CancelBuildRequest request,
                   Done<v1::Build> done) override;
  void RetryBuild(v1::RetryBuildRequest request, Done<v1::Build> done) override;
  void ForgetBuild(v1::ForgetBuildRequest request,
                   Done<v1::ForgetBuildResponse> done) override;
  void WorksOnBlobs(std::string worker, Done<bool> done) override;
  void ListWorkers(v1::ListWorkersRequest request,
                   Done<v1::ListWorkersResponse> done) override;
  void DrainWorker(v1::DrainWorkerRequest request,
                   Done<v1::DrainWorkerResponse> done) override;
  void DistrustWorker(v1::DistrustWorkerRequest request,
                      Done<v1::DistrustWorkerResponse> done) override;
  void TrustWorker(v1::TrustWorkerRequest request,
                   Done<v1::TrustWorkerResponse> done) override;
  void PruneCache(v1::PruneCacheRequest request,
                  Done<v1::PruneCacheResponse> done) override;

  void ListBuildSummaries(v1::ListBuildSummariesRequest request,
                          Done<v1::ListBuildSummariesResponse> done) override;
  void GetBuildDetails(v1::GetBuildDetailsRequest request,
                       Done<v1::BuildDetails> done) override;
  void ListTasks(v1::ListTasksRequest request,
                 Done<v1::ListTasksResponse> done) override;
  void ListEvents(v1::ListEventsRequest request,
                  Done<v1::ListEventsResponse> done) override;
  void WatchFarm(v1::WatchFarmRequest request,
                 Done<v1::WatchFarmResponse> done) override;
  void GetFarm(v1::GetFarmRequest request, Done<v1::FarmStatus> done) override;
  void ListWorkerDetails(v1::ListWorkerDetailsRequest request,
                         Done<v1::ListWorkerDetailsResponse> done) override;
  void ListHosts(v1::ListHostsRequest request,
                 Done<v1::ListHostsResponse> done) override;
  void ListReleases(v1::ListReleasesRequest request,
                    Done<v1::ListReleasesResponse> done) override;
  void SetPriority(v1::SetPriorityRequest request,
                   Done<v1::Build> done) override;
  void UndrainWorker(v1::UndrainWorkerRequest request,
                     Done<v1::UndrainWorkerResponse> done) override;

 private:
  // Runs `decide` in a turn and answers with what it returns.
  template <typename Response, typename Decide>
  void Ask(Done<Response> done, Decide decide);

  StateStore* const store_;
  // Shared with the callbacks of actions, which may run after the engine's end.
  const std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>();
  State state_;
  WorkerTable workers_;
  HostDesk hosts_;
  PruneDesk prunes_;
  SyncDesk syncs_;
  const BuildGuard guard_;
  ActionRunner actions_;
  BuildDesk builds_;
  FarmDesk farm_;
  FarmWatch watch_;
  Pruner pruner_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_ENGINE_CORE_H_

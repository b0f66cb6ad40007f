// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/engine_core.h"

#include <algorithm>
#include <set>
#include <string>
#include <utility>

#include "common/base/status_macros.h"
#include "common/run/exceptions.h"
#include "coordinator/engine/transaction.h"

namespace kso::coordinator {
namespace {

absl::Status Stopping() {
  return absl::UnavailableError("the coordinator is stopping");
}

}  // namespace

EngineCore::EngineCore(const EngineOptions& options, StateStore* store,
                       BuildActions* actions)
    : store_(store),
      workers_(options),
      prunes_(&workers_),
      syncs_(options, &workers_, &hosts_, &prunes_),
      guard_(options.work_mark),
      actions_(
          options, actions, &guard_,
          [mailbox = mailbox_](absl::AnyInvocable<void(Transaction&)> command) {
            mailbox->Post(
                [command = std::move(command)](Transaction* turn) mutable {
                  if (turn != nullptr) command(*turn);
                });
          }),
      builds_(options, &workers_, &hosts_, &actions_, &guard_),
      farm_(&workers_, &hosts_, &builds_),
      watch_(options, &workers_, &hosts_),
      pruner_(options, &actions_) {}

absl::Status EngineCore::Start(absl::Time now) {
  KSO_RETURN_IF_ERROR(store_->Replay([this](const v1::JournalRecord& record) {
    return state_.Apply(record);
  }));
  if (guard_.was_interrupted()) {
    Transaction turn(&state_, now);
    guard_.NoteInterruption(turn);
    KSO_RETURN_IF_ERROR(turn.status());
    KSO_RETURN_IF_ERROR(store_->Commit(turn.records()));
  }
  workers_.Expect(state_, now);
  farm_.Start(state_, now);
  return absl::OkStatus();
}

absl::StatusOr<absl::Time> EngineCore::Turn(
    absl::Time now, std::deque<Mailbox::Command>& commands) {
  Transaction turn(&state_, now);
  for (Mailbox::Command& command : commands) command(&turn);
  syncs_.SetLastLook(builds_.last_look());
  syncs_.Tick(turn);
  builds_.Advance(turn);
  pruner_.Tick(turn);
  actions_.Tick(turn);
  syncs_.Assign(turn);
  syncs_.Answer(turn);
  prunes_.Answer(turn);
  builds_.Answer(turn);
  watch_.Answer(turn);
  KSO_RETURN_IF_ERROR(turn.status());
  KSO_RETURN_IF_ERROR(store_->Commit(turn.records()));
  turn.RunDeferred();
  return std::min({syncs_.NextDeadline(state_, now), prunes_.NextDeadline(),
                   builds_.NextDeadline(), watch_.NextDeadline(),
                   actions_.NextDeadline(), pruner_.NextDeadline()});
}

void EngineCore::Stop() {
  mailbox_->Close();
  for (Mailbox::Command& command : mailbox_->TakeNow()) command(nullptr);
  syncs_.Refuse(Stopping());
  prunes_.Refuse(Stopping());
  builds_.Refuse(Stopping());
  watch_.Refuse(Stopping());
}

template <typename Response, typename Decide>
void EngineCore::Ask(Done<Response> done, Decide decide) {
  mailbox_->Post([decide = std::move(decide),
                  done = std::move(done)](Transaction* turn) mutable {
    if (turn == nullptr) return done(Stopping());
    turn->Defer(
        [done = std::move(done),
         response = WithoutExceptions([&]() -> absl::StatusOr<Response> {
           return decide(*turn);
         })]() mutable { done(std::move(response)); });
  });
}

void EngineCore::Sync(v1::SyncRequest request, Caller caller,
                      Done<v1::SyncResponse> done) {
  mailbox_->Post([this, request = std::move(request),
                  caller = std::move(caller),
                  done = std::move(done)](Transaction* turn) mutable {
    if (turn == nullptr) return done(Stopping());
    syncs_.Sync(*turn, std::move(request), std::move(caller), std::move(done));
  });
}

void EngineCore::WatchBuild(v1::WatchBuildRequest request,
                            Done<v1::WatchBuildResponse> done) {
  mailbox_->Post([this, request = std::move(request),
                  done = std::move(done)](Transaction* turn) mutable {
    if (turn == nullptr) return done(Stopping());
    builds_.Watch(*turn, request, std::move(done));
  });
}

void EngineCore::SubmitBuild(v1::SubmitBuildRequest request,
                             Done<v1::Build> done) {
  Ask(std::move(done), [this, request = std::move(request)](Transaction& turn) {
    return builds_.Submit(turn, request);
  });
}

void EngineCore::GetBuild(v1::GetBuildRequest request, Done<v1::Build> done) {
  Ask(std::move(done), [this, request = std::move(request)](Transaction& turn) {
    return builds_.Get(turn, request);
  });
}

void EngineCore::ListBuilds(v1::ListBuildsRequest request,
                            Done<v1::ListBuildsResponse> done) {
  Ask(std::move(done), [this, request = std::move(request)](Transaction& turn) {
    return builds_.List(turn, request);
  });
}

void EngineCore::CancelBuild(v1::CancelBuildRequest request,
                             Done<v1::Build> done) {
  Ask(std::move(done), [this, request = std::move(request)](Transaction& turn) {
    return builds_.Cancel(turn, request);
  });
}

void EngineCore::RetryBuild(v1::RetryBuildRequest request,
                            Done<v1::Build> done) {
  Ask(std::move(done), [this, request = std::move(request)](Transaction& turn) {
    return builds_.Retry(turn, request);
  });
}

void EngineCore::ForgetBuild(v1::ForgetBuildRequest request,
                             Done<v1::ForgetBuildResponse> done) {
  Ask(std::move(done),
      [this, request = std::move(request)](
          Transaction& turn) -> absl::StatusOr<v1::ForgetBuildResponse> {
        KSO_ASSIGN_OR_RETURN(v1::ForgetBuildResponse response,
                             builds_.Forget(turn, request));
        pruner_.WantSweep(turn.now());
        return response;
      });
}

void EngineCore::WorksOnBlobs(std::string worker, Done<bool> done) {
  Ask(std::move(done),
      [worker = std::move(worker)](Transaction& turn) -> absl::StatusOr<bool> {
        const State& state = turn.state();
        const std::set<std::string>& leases = state.LeasesOf(worker);
        return std::any_of(
            leases.begin(), leases.end(), [&state](const std::string& id) {
              const v1::Release& release = state.FindLease(id)->build->release;
              return release.destination().kind() != v1::Destination::REGISTRY;
            });
      });
}

void EngineCore::ListWorkers(v1::ListWorkersRequest,
                             Done<v1::ListWorkersResponse> done) {
  Ask(std::move(done),
      [this](Transaction& turn) -> absl::StatusOr<v1::ListWorkersResponse> {
        return syncs_.List(turn);
      });
}

void EngineCore::DrainWorker(v1::DrainWorkerRequest request,
                             Done<v1::DrainWorkerResponse> done) {
  Ask(std::move(done), [this, request = std::move(request)](Transaction& turn) {
    return syncs_.Drain(turn, request);
  });
}

void EngineCore::DistrustWorker(v1::DistrustWorkerRequest request,
                                Done<v1::DistrustWorkerResponse> done) {
  Ask(std::move(done), [this, request = std::move(request)](Transaction& turn) {
    return syncs_.Distrust(turn, request);
  });
}

void EngineCore::TrustWorker(v1::TrustWorkerRequest request,
                             Done<v1::TrustWorkerResponse> done) {
  Ask(std::move(done), [this, request = std::move(request)](Transaction& turn) {
    return syncs_.Trust(turn, request);
  });
}

void EngineCore::PruneCache(v1::PruneCacheRequest request,
                            Done<v1::PruneCacheResponse> done) {
  mailbox_->Post([this, request = std::move(request),
                  done = std::move(done)](Transaction* turn) mutable {
    if (turn == nullptr) return done(Stopping());
    prunes_.Prune(*turn, request, std::move(done));
  });
}

void EngineCore::ListBuildSummaries(v1::ListBuildSummariesRequest request,
                                    Done<v1::ListBuildSummariesResponse> done) {
  Ask(std::move(done),
      [this, request = std::move(request)](
          Transaction& turn) -> absl::StatusOr<v1::ListBuildSummariesResponse> {
        return farm_.ListBuilds(turn, request);
      });
}

void EngineCore::GetBuildDetails(v1::GetBuildDetailsRequest request,
                                 Done<v1::BuildDetails> done) {
  Ask(std::move(done),
      [this, request = std::move(request)](
          Transaction& turn) -> absl::StatusOr<v1::BuildDetails> {
        return farm_.GetBuild(turn, request);
      });
}

void EngineCore::ListTasks(v1::ListTasksRequest request,
                           Done<v1::ListTasksResponse> done) {
  Ask(std::move(done),
      [this, request = std::move(request)](
          Transaction& turn) -> absl::StatusOr<v1::ListTasksResponse> {
        return farm_.ListTasks(turn, request);
      });
}

void EngineCore::ListEvents(v1::ListEventsRequest request,
                            Done<v1::ListEventsResponse> done) {
  Ask(std::move(done),
      [this, request = std::move(request)](
          Transaction& turn) -> absl::StatusOr<v1::ListEventsResponse> {
        return farm_.ListEvents(turn, request);
      });
}

void EngineCore::GetFarm(v1::GetFarmRequest request,
                         Done<v1::FarmStatus> done) {
  Ask(std::move(done),
      [this, request = std::move(request)](Transaction& turn)
          -> absl::StatusOr<v1::FarmStatus> { return farm_.GetFarm(turn); });
}

void EngineCore::ListWorkerDetails(v1::ListWorkerDetailsRequest request,
                                   Done<v1::ListWorkerDetailsResponse> done) {
  Ask(std::move(done),
      [this, request = std::move(request)](
          Transaction& turn) -> absl::StatusOr<v1::ListWorkerDetailsResponse> {
        return farm_.ListWorkers(turn, request);
      });
}

void EngineCore::ListHosts(v1::ListHostsRequest request,
                           Done<v1::ListHostsResponse> done) {
  Ask(std::move(done),
      [this, request = std::move(request)](
          Transaction& turn) -> absl::StatusOr<v1::ListHostsResponse> {
        return farm_.ListHosts(turn);
      });
}

void EngineCore::ListReleases(v1::ListReleasesRequest request,
                              Done<v1::ListReleasesResponse> done) {
  Ask(std::move(done),
      [this, request = std::move(request)](
          Transaction& turn) -> absl::StatusOr<v1::ListReleasesResponse> {
        return farm_.ListReleases(turn);
      });
}

void EngineCore::SetPriority(v1::SetPriorityRequest request,
                             Done<v1::Build> done) {
  Ask(std::move(done),
      [this, request = std::move(request)](
          Transaction& turn) -> absl::StatusOr<v1::Build> {
        return builds_.SetPriority(turn, request);
      });
}

void EngineCore::UndrainWorker(v1::UndrainWorkerRequest request,
                               Done<v1::UndrainWorkerResponse> done) {
  Ask(std::move(done),
      [this, request = std::move(request)](
          Transaction& turn) -> absl::StatusOr<v1::UndrainWorkerResponse> {
        return syncs_.Undrain(turn, request);
      });
}

void EngineCore::WatchFarm(v1::WatchFarmRequest request,
                           Done<v1::WatchFarmResponse> done) {
  mailbox_->Post([this, request = std::move(request),
                  done = std::move(done)](Transaction* turn) mutable {
    if (turn == nullptr) return done(Stopping());
    watch_.Watch(*turn, request, std::move(done));
  });
}

}  // namespace kso::coordinator

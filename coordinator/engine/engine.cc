#include "coordinator/engine/engine.h"

#include <algorithm>
#include <cstdlib>
#include <deque>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "coordinator/core/state.h"
#include "coordinator/engine/action_runner.h"
#include "coordinator/engine/build_desk.h"
#include "coordinator/engine/mailbox.h"
#include "coordinator/engine/sync_desk.h"
#include "coordinator/engine/transaction.h"
#include "coordinator/engine/worker_table.h"
#include "spdlog/spdlog.h"

namespace kso::coordinator {
namespace {

absl::Status Stopping() {
  return absl::UnavailableError("the coordinator is stopping");
}

class EngineImpl : public Engine {
 public:
  EngineImpl(const EngineOptions& options, Clock* clock, StateStore* store,
             BuildActions* actions)
      : options_(options),
        clock_(clock),
        store_(store),
        mailbox_(std::make_shared<Mailbox>()),
        workers_(options),
        syncs_(options, &workers_),
        actions_(options, actions,
                 [mailbox = mailbox_](
                     absl::AnyInvocable<void(Transaction&)> command) {
                   mailbox->Post([command = std::move(command)](
                                     Transaction* turn) mutable {
                     if (turn != nullptr) command(*turn);
                   });
                 }),
        builds_(options, &workers_, &actions_) {}

  ~EngineImpl() override { Stop(); }

  absl::Status Start() {
    KSO_RETURN_IF_ERROR(store_->Replay([this](const v1::JournalRecord& record) {
      return state_.Apply(record);
    }));
    workers_.Expect(state_, clock_->Now());
    thread_ = std::thread([this] { Run(); });
    return absl::OkStatus();
  }

  void Stop() override {
    mailbox_->Close();
    absl::MutexLock lock(&stop_mutex_);
    if (thread_.joinable()) thread_.join();
  }

  void Sync(v1::SyncRequest request, Done<v1::SyncResponse> done) override {
    mailbox_->Post([this, request = std::move(request),
                    done = std::move(done)](Transaction* turn) mutable {
      if (turn == nullptr) return done(Stopping());
      syncs_.Sync(*turn, std::move(request), std::move(done));
    });
  }

  void WatchBuild(v1::WatchBuildRequest request,
                  Done<v1::WatchBuildResponse> done) override {
    mailbox_->Post([this, request = std::move(request),
                    done = std::move(done)](Transaction* turn) mutable {
      if (turn == nullptr) return done(Stopping());
      builds_.Watch(*turn, request, std::move(done));
    });
  }

  void SubmitBuild(v1::SubmitBuildRequest request,
                   Done<v1::Build> done) override {
    Ask(std::move(done),
        [this, request = std::move(request)](Transaction& turn) {
          return builds_.Submit(turn, request);
        });
  }
  void GetBuild(v1::GetBuildRequest request, Done<v1::Build> done) override {
    Ask(std::move(done),
        [this, request = std::move(request)](Transaction& turn) {
          return builds_.Get(turn, request);
        });
  }
  void ListBuilds(v1::ListBuildsRequest,
                  Done<v1::ListBuildsResponse> done) override {
    Ask(std::move(done),
        [this](Transaction& turn) -> absl::StatusOr<v1::ListBuildsResponse> {
          return builds_.List(turn);
        });
  }
  void CancelBuild(v1::CancelBuildRequest request,
                   Done<v1::Build> done) override {
    Ask(std::move(done),
        [this, request = std::move(request)](Transaction& turn) {
          return builds_.Cancel(turn, request);
        });
  }
  void RetryBuild(v1::RetryBuildRequest request,
                  Done<v1::Build> done) override {
    Ask(std::move(done),
        [this, request = std::move(request)](Transaction& turn) {
          return builds_.Retry(turn, request);
        });
  }
  void ListWorkers(v1::ListWorkersRequest,
                   Done<v1::ListWorkersResponse> done) override {
    Ask(std::move(done),
        [this](Transaction& turn) -> absl::StatusOr<v1::ListWorkersResponse> {
          return workers_.List(turn.now());
        });
  }
  void DrainWorker(v1::DrainWorkerRequest request,
                   Done<v1::DrainWorkerResponse> done) override {
    Ask(std::move(done),
        [this, request = std::move(request)](
            Transaction&) -> absl::StatusOr<v1::DrainWorkerResponse> {
          Worker* worker = workers_.Find(request.name());
          if (worker == nullptr) {
            return absl::NotFoundError(
                absl::StrCat("there is no worker \"", request.name(),
                             "\"; ksoctl workers lists them"));
          }
          worker->drain_ordered = true;
          return v1::DrainWorkerResponse();
        });
  }

 private:
  // Runs `decide` in a turn and answers with what it returns.
  template <typename Response, typename Decide>
  void Ask(Done<Response> done, Decide decide) {
    mailbox_->Post([decide = std::move(decide),
                    done = std::move(done)](Transaction* turn) mutable {
      if (turn == nullptr) return done(Stopping());
      turn->Defer([done = std::move(done), response = decide(*turn)]() mutable {
        done(std::move(response));
      });
    });
  }

  void Run() {
    bool open = true;
    absl::Time next = clock_->Now();
    while (open) {
      std::deque<Mailbox::Command> commands;
      open = mailbox_->Take(clock_, next, &commands);
      if (open) {
        next = Turn(commands);
      } else {
        for (Mailbox::Command& command : commands) command(nullptr);
      }
    }
    syncs_.Refuse(Stopping());
    builds_.Refuse(Stopping());
  }

  // Returns when the next turn is due, whatever happens until then.
  absl::Time Turn(std::deque<Mailbox::Command>& commands) {
    Transaction turn(&state_, clock_->Now());
    for (Mailbox::Command& command : commands) command(&turn);
    syncs_.Tick(turn);
    builds_.Advance(turn);
    actions_.Tick(turn);
    syncs_.Assign(turn);
    syncs_.Answer(turn);
    builds_.Answer(turn);
    absl::Status status = turn.status();
    if (status.ok()) status = store_->Commit(turn.records());
    if (!status.ok()) {
      Die(status);
      mailbox_->Close();
      return turn.now();
    }
    turn.RunDeferred();
    return std::min({syncs_.NextDeadline(state_, turn.now()),
                     builds_.NextDeadline(), actions_.NextDeadline()});
  }

  void Die(const absl::Status& status) {
    if (options_.fatal) return options_.fatal(status);
    spdlog::critical("cannot go on: {}", std::string(status.message()));
    spdlog::shutdown();
    std::_Exit(EXIT_FAILURE);
  }

  const EngineOptions options_;
  Clock* const clock_;
  StateStore* const store_;
  const std::shared_ptr<Mailbox> mailbox_;
  absl::Mutex stop_mutex_;
  std::thread thread_;

  // The engine's thread only.
  State state_;
  WorkerTable workers_;
  SyncDesk syncs_;
  ActionRunner actions_;
  BuildDesk builds_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Engine>> CreateEngine(
    const EngineOptions& options, Clock* clock, StateStore* store,
    BuildActions* actions) {
  auto engine = std::make_unique<EngineImpl>(options, clock, store, actions);
  KSO_RETURN_IF_ERROR(engine->Start());
  return engine;
}

}  // namespace kso::coordinator

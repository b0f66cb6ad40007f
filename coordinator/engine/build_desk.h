// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_BUILD_DESK_H_
#define KSO_COORDINATOR_ENGINE_BUILD_DESK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/engine/action_runner.h"
#include "coordinator/engine/build_guard.h"
#include "coordinator/engine/engine.h"
#include "coordinator/engine/engine_options.h"
#include "coordinator/engine/host_desk.h"
#include "coordinator/engine/submit_quota.h"
#include "coordinator/engine/transaction.h"
#include "coordinator/engine/worker_table.h"

namespace kso::coordinator {

// Serves the requests of people about builds, and moves builds from phase to
// phase. A turn of the engine makes the calls that have come, then calls
// Advance, and Answer at its end. Not thread safe.
class BuildDesk {
 public:
  // The pointers must outlive it.
  BuildDesk(const EngineOptions& options, const WorkerTable* workers,
            const HostDesk* hosts, ActionRunner* actions,
            const BuildGuard* guard)
      : options_(options),
        submits_(options.quotas),
        workers_(*workers),
        hosts_(*hosts),
        actions_(*actions),
        guard_(*guard) {}

  // Starts a build, unless one of an equal request runs already: then that one
  // is the answer.
  absl::StatusOr<v1::Build> Submit(Transaction& turn,
                                   const v1::SubmitBuildRequest& said);
  absl::StatusOr<v1::Build> Get(Transaction& turn,
                                const v1::GetBuildRequest& request);
  absl::StatusOr<v1::ListBuildsResponse> List(
      Transaction& turn, const v1::ListBuildsRequest& request);
  absl::StatusOr<v1::Build> Cancel(Transaction& turn,
                                   const v1::CancelBuildRequest& request);
  absl::StatusOr<v1::Build> Retry(Transaction& turn,
                                  const v1::RetryBuildRequest& request);
  absl::StatusOr<v1::Build> SetPriority(Transaction& turn,
                                        const v1::SetPriorityRequest& request);

  // Forgets a build that has ended. Afterwards the farm's own store may have
  // blobs that no build needs.
  absl::StatusOr<v1::ForgetBuildResponse> Forget(
      Transaction& turn, const v1::ForgetBuildRequest& request);

  // The build that a request means: by its id, a unique beginning of it, or its
  // release's name. NOT_FOUND when there is none.
  // RESOURCE_EXHAUSTED when too many wait already.
  absl::Status CheckWatchers(const std::string& watched_by) const;
  absl::StatusOr<const BuildEntry*> Find(const State& state,
                                         const std::string& name) const;
  // The build with the tasks that workers work on, for who looks at this build.
  v1::Build CloseView(Transaction& turn, const BuildEntry& build);
  // The build as a list shows it.
  v1::BuildSummary Summarize(Transaction& turn, const BuildEntry& build) const;

  // Parks the call until there is something to see.
  void Watch(Transaction& turn, const v1::WatchBuildRequest& request,
             Engine::Done<v1::WatchBuildResponse> done);

  // Moves running builds on as far as they get without work of others.
  void Advance(Transaction& turn);

  // Answers the watchers that have something to see, or whose time is over.
  void Answer(Transaction& turn);
  // Answers all watchers with `status`.
  void Refuse(const absl::Status& status);
  // The time at which somebody looked last at how far a build is.
  absl::Time last_look() const { return last_look_; }
  // The next time at which Answer has something to do even if nothing happens.
  absl::Time NextDeadline() const { return next_answer_; }

 private:
  struct Watcher {
    std::string watched_by;
    std::string build_id;
    int64_t after_sequence = 0;
    // The revision that the watcher has seen; 0 when only events count.
    int64_t known_revision = 0;
    // Progress without an event is not told before this time.
    absl::Time progress_from;
    absl::Time deadline;
    Engine::Done<v1::WatchBuildResponse> done;
  };

  // Returns whether the watcher has something to see. If not, notes in
  // next_answer_ when it is to be answered at the latest.
  bool IsDue(const Watcher& watcher, const BuildEntry& build, absl::Time now);
  v1::WatchBuildResponse ResponseTo(Transaction& turn, const Watcher& watcher,
                                    const BuildEntry& build);
  v1::Build View(Transaction& turn, const BuildEntry& build) const;
  // The request with what its submitter may have logins used for.
  v1::SubmitBuildRequest WithLogins(const v1::SubmitBuildRequest& said) const;

  const EngineOptions options_;
  SubmitQuota submits_;
  const WorkerTable& workers_;
  const HostDesk& hosts_;
  const ActionRunner& actions_;
  const BuildGuard& guard_;
  std::vector<Watcher> watchers_;
  absl::Time next_answer_ = absl::InfiniteFuture();
  absl::Time last_look_ = absl::InfinitePast();
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_BUILD_DESK_H_

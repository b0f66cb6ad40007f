// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_BUILD_DESK_H_
#define KSO_COORDINATOR_ENGINE_BUILD_DESK_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/engine/action_runner.h"
#include "coordinator/engine/engine.h"
#include "coordinator/engine/engine_options.h"
#include "coordinator/engine/host_desk.h"
#include "coordinator/engine/transaction.h"
#include "coordinator/engine/worker_table.h"

namespace kso::coordinator {

// What people ask of builds, and the course of builds itself. A turn of the
// engine calls what was asked for, then Advance, and Answer at its end. Not
// thread safe.
class BuildDesk {
 public:
  // The pointers must outlive it.
  BuildDesk(const EngineOptions& options, const WorkerTable* workers,
            const HostDesk* hosts, ActionRunner* actions)
      : options_(options),
        workers_(*workers),
        hosts_(*hosts),
        actions_(*actions) {}

  // Where an equal request runs already, that build is the answer.
  absl::StatusOr<v1::Build> Submit(Transaction& turn,
                                   const v1::SubmitBuildRequest& request);
  absl::StatusOr<v1::Build> Get(Transaction& turn,
                                const v1::GetBuildRequest& request);
  v1::ListBuildsResponse List(Transaction& turn);
  absl::StatusOr<v1::Build> Cancel(Transaction& turn,
                                   const v1::CancelBuildRequest& request);
  absl::StatusOr<v1::Build> Retry(Transaction& turn,
                                  const v1::RetryBuildRequest& request);
  // Parks until there is something to see.
  void Watch(Transaction& turn, const v1::WatchBuildRequest& request,
             Engine::Done<v1::WatchBuildResponse> done);

  // Takes running builds as far as they go without anybody's work.
  void Advance(Transaction& turn);

  // Answers the watchers for whom there is something to see, or whose time is
  // over.
  void Answer(Transaction& turn);
  // Answers all watchers with `status`.
  void Refuse(const absl::Status& status);
  // When Answer has something to do without anything happening.
  absl::Time NextDeadline() const { return next_answer_; }

 private:
  struct Watcher {
    std::string build_id;
    int64_t after_sequence = 0;
    // 0 where only events count.
    int64_t known_revision = 0;
    // Not told before this of what has no event.
    absl::Time progress_from;
    absl::Time deadline;
    Engine::Done<v1::WatchBuildResponse> done;
  };

  absl::StatusOr<const BuildEntry*> Find(const State& state,
                                         const std::string& name) const;
  // Whether there is something to see; if not, when there will be at the latest
  // is taken note of.
  bool IsDue(const Watcher& watcher, const BuildEntry& build, absl::Time now);
  v1::WatchBuildResponse ResponseTo(Transaction& turn, const Watcher& watcher,
                                    const BuildEntry& build) const;
  v1::Build View(Transaction& turn, const BuildEntry& build) const;

  const EngineOptions options_;
  const WorkerTable& workers_;
  const HostDesk& hosts_;
  const ActionRunner& actions_;
  std::vector<Watcher> watchers_;
  absl::Time next_answer_ = absl::InfiniteFuture();
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_BUILD_DESK_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_ACTION_RUNNER_H_
#define KSO_COORDINATOR_ENGINE_ACTION_RUNNER_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "coordinator/core/plan/plan.h"
#include "coordinator/engine/build_actions.h"
#include "coordinator/engine/build_guard.h"
#include "coordinator/engine/engine_options.h"
#include "coordinator/engine/transaction.h"

namespace kso::coordinator {

// Keeps the coordinator's own actions going: each running build in a phase of
// that kind (CHECK, ASSEMBLE and TAG; core/base/phases.h) has one under way, or
// waits to try it again. What is under way is not durable; after a restart it
// is asked for again. Not thread safe.
class ActionRunner {
 public:
  // Runs a command in a later turn of the engine. It may be called from any
  // thread, and also after the engine's end, when the command is dropped.
  using Post = std::function<void(absl::AnyInvocable<void(Transaction& turn)>)>;

  // `actions` must outlive what was started, and `guard` the runner.
  ActionRunner(const EngineOptions& options, BuildActions* actions,
               const BuildGuard* guard, Post post)
      : options_(options),
        actions_(actions),
        guard_(*guard),
        post_(std::move(post)) {}

  // Starts the actions that should be under way and are not, and cancels those
  // that should not be, once the turn is durable.
  void Tick(Transaction& turn);

  // Deletes the blobs that are not `needed` from the farm's own store, once the
  // turn is durable.
  void Sweep(Transaction& turn, BlobsInFarm needed);

  // The time since which an action of the build has been under way; the
  // infinite future when none is.
  absl::Time BusySince(const std::string& build_id) const;
  // The reason why an action of the build waits for another try: "assemble:
  // tried again in 4.0 s: 503". Empty when none waits.
  std::vector<std::string> Waiting(const std::string& build_id,
                                   absl::Time now) const;
  // The time at which Tick has something to do next.
  absl::Time NextDeadline() const;

 private:
  struct Action {
    v1::Phase phase = v1::PHASE_UNSPECIFIED;
    // Distinguishes the answer to this try from late answers to earlier ones.
    int64_t serial = 0;
    bool under_way = false;
    absl::Time started;
    int failures = 0;
    absl::Time not_before = absl::InfinitePast();
    std::string reason;
  };

  // Asks the destination of a build that resolves, once in this process,
  // whether all its repositories are there, before anything is fetched for
  // them. CHECK asks that where something is remembered of the destination.
  void AskForRepositories(Transaction& turn, const BuildEntry& build);
  void OnRepositories(Transaction& turn, const std::string& build_id,
                      const absl::Status& answer);

  void Start(Transaction& turn, const BuildEntry& build, Action& action);
  // Each prepares an action, and defers it until the turn is durable.
  void StartFind(Transaction& turn, const BuildEntry& build, int64_t serial);
  void StartAssemble(Transaction& turn, const BuildEntry& build,
                     int64_t serial);
  void StartTag(Transaction& turn, const BuildEntry& build, int64_t serial);
  void DeferAction(Transaction& turn, const BuildEntry& build, int64_t serial,
                   absl::AnyInvocable<void()> begin);
  void OnFound(Transaction& turn, const std::string& build_id, int64_t serial,
               const Plan& draft, absl::StatusOr<FindOutcome> outcome);
  void OnAssembled(Transaction& turn, const std::string& build_id,
                   int64_t serial, absl::StatusOr<AssembleOutcome> outcome);
  void OnTagged(Transaction& turn, const std::string& build_id, int64_t serial,
                const absl::StatusOr<TagOutcome>& outcome);
  // The build that waits for this answer; null when none does any more.
  const BuildEntry* TakeAnswer(Transaction& turn, const std::string& build_id,
                               int64_t serial);
  void OnFailure(Transaction& turn, const BuildEntry& build,
                 const absl::Status& status);

  const EngineOptions options_;
  BuildActions* const actions_;
  const BuildGuard& guard_;
  const Post post_;
  int64_t last_serial_ = 0;
  std::map<std::string, Action> by_build_;
  // The builds whose destinations were asked for repositories.
  std::set<std::string> asked_for_repositories_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_ACTION_RUNNER_H_

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/action_runner.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/oci/destination.h"
#include "common/run/retry.h"
#include "common/site.h"
#include "common/text/printable_text.h"
#include "coordinator/core/base/phases.h"
#include "coordinator/core/base/words.h"
#include "coordinator/core/flow/build_flow.h"
#include "coordinator/core/memory/memo.h"

namespace kso::coordinator {
namespace {

bool HasAction(const BuildEntry* build) {
  return build != nullptr && build->running() &&
         RuleOf(build->phase).work == PhaseWork::kAction;
}

// The disk of the farm's own blob store has room again once the blobs that no
// build needs any more are swept.
bool WorthAnotherTry(const absl::Status& status) {
  return IsTransient(status) || ExhaustedResource(status) == Resource::kDisk;
}

AssembleRequest AssembleRequestOf(const BuildEntry& build) {
  AssembleRequest request;
  request.build_id = build.build_id;
  request.release = build.WholeRelease();
  request.images = build.planned_images;
  request.resolved = ResolvedOf(build);
  request.layers = LayersOf(build);
  request.makers = MakersOf(build);
  if (!build.judged.empty()) {
    const v1::ContentJudged judged = build.judged.Get();
    request.verdicts = {judged.verdicts().begin(), judged.verdicts().end()};
    request.before = judged.before();
  }
  return request;
}

}  // namespace

void ActionRunner::Tick(Transaction& turn) {
  for (auto it = by_build_.begin(); it != by_build_.end();) {
    const BuildEntry* build = turn.state().FindBuild(it->first);
    const bool keep = HasAction(build) && build->phase == it->second.phase;
    if (!keep && it->second.under_way) {
      turn.Defer([this, id = it->first] { actions_->Cancel(id); });
    }
    it = keep ? std::next(it) : by_build_.erase(it);
  }
  // A build that fails meanwhile is no longer among those that run.
  std::vector<const BuildEntry*> running;
  std::set<std::string> resolving;
  for (const auto& [number, build] : turn.state().running()) {
    if (HasAction(build)) running.push_back(build);
    if (build->phase != v1::RESOLVE) continue;
    resolving.insert(build->build_id);
    AskForRepositories(turn, *build);
  }
  std::erase_if(asked_for_repositories_, [&resolving](const std::string& id) {
    return !resolving.contains(id);
  });
  for (const BuildEntry* build : running) {
    Action& action = by_build_[build->build_id];
    action.phase = build->phase;
    if (action.under_way || action.not_before > turn.now()) continue;
    const absl::Status started =
        guard_.Run(build->build_id, [&] { Start(turn, *build, action); });
    if (started.ok()) continue;
    by_build_.erase(build->build_id);
    turn.Record(BuildGuard::Failed(*build, started));
  }
}

void ActionRunner::AskForRepositories(Transaction& turn,
                                      const BuildEntry& build) {
  const v1::Destination& destination = build.release.destination();
  const bool check_will_ask =
      !build.fresh && turn.state().memo().KnowsOf(BlobSpaceOf(destination));
  if (build.plan_only || check_will_ask ||
      destination.kind() != v1::Destination::REGISTRY ||
      !asked_for_repositories_.insert(build.build_id).second) {
    return;
  }
  const v1::Release release = build.WholeRelease();
  RepositoriesRequest request{build.build_id, destination, {}};
  if (release.files_size() > 0) {
    request.images.emplace_back(site::kFilesImage);
  }
  if (release.images_size() > 0) {
    request.images.emplace_back(site::kImagesImage);
  }
  turn.Defer([this, request = std::move(request)]() mutable {
    const std::string id = request.build_id;
    actions_->CheckRepositories(
        std::move(request),
        [this, post = post_, id](const absl::Status& answer) mutable {
          post([this, id, answer](Transaction& later) {
            OnRepositories(later, id, answer);
          });
        });
  });
}

void ActionRunner::OnRepositories(Transaction& turn,
                                  const std::string& build_id,
                                  const absl::Status& answer) {
  // Other troubles may pass until the build pushes.
  if (!absl::IsNotFound(answer)) return;
  const BuildEntry* build = turn.state().FindBuild(build_id);
  if (build == nullptr || !build->running()) return;
  v1::Failure failure;
  failure.set_kind(v1::Failure::PERMANENT);
  failure.set_item(oci::FormatDestination(build->release.destination()));
  failure.set_reason(PrintableText(ToStd(answer.message())));
  failure.set_advice("make what is missing, then: ksoctl retry " + build_id);
  turn.Record(EndBuild(*build, v1::Build::FAILED, {failure}));
}

void ActionRunner::Start(Transaction& turn, const BuildEntry& build,
                         Action& action) {
  action.under_way = true;
  action.started = turn.now();
  action.serial = ++last_serial_;
  switch (build.phase) {
    case v1::CHECK:
      return StartFind(turn, build, action.serial);
    case v1::ASSEMBLE:
      return StartAssemble(turn, build, action.serial);
    case v1::TAG:
      return StartTag(turn, build, action.serial);
    default:
      // Phases of tasks have no action. A phase that were forgotten here would
      // wait for ever, which its first test notices; it must not push tags.
      return;
  }
}

void ActionRunner::DeferAction(Transaction& turn, const BuildEntry& build,
                               int64_t serial,
                               absl::AnyInvocable<void()> begin) {
  turn.Defer(
      [this, id = build.build_id, serial, begin = std::move(begin)]() mutable {
        const absl::Status began = guard_.Run(id, [&begin] { begin(); });
        if (began.ok()) return;
        post_([this, id, serial, began](Transaction& later) {
          const BuildEntry* build = TakeAnswer(later, id, serial);
          if (build != nullptr) later.Record(BuildGuard::Failed(*build, began));
        });
      });
}

void ActionRunner::StartFind(Transaction& turn, const BuildEntry& build,
                             int64_t serial) {
  Plan draft = DraftPlan(turn.state(), build);
  FindRequest request{build.build_id, build.release.destination(),
                      draft.questions, !build.plan_only};
  DeferAction(
      turn, build, serial,
      [this, id = build.build_id, serial, request = std::move(request),
       draft = std::move(draft)]() mutable {
        actions_->Find(
            std::move(request),
            [this, post = post_, id, serial, draft = std::move(draft)](
                absl::StatusOr<FindOutcome> outcome) mutable {
              post([this, id, serial, draft = std::move(draft),
                    outcome = std::move(outcome)](Transaction& later) mutable {
                OnFound(later, id, serial, draft, std::move(outcome));
              });
            });
      });
}

void ActionRunner::StartAssemble(Transaction& turn, const BuildEntry& build,
                                 int64_t serial) {
  DeferAction(turn, build, serial,
              [this, id = build.build_id, serial,
               request = AssembleRequestOf(build)]() mutable {
                actions_->Assemble(
                    std::move(request),
                    [this, post = post_, id,
                     serial](absl::StatusOr<AssembleOutcome> outcome) mutable {
                      post([this, id, serial, outcome = std::move(outcome)](
                               Transaction& later) mutable {
                        OnAssembled(later, id, serial, std::move(outcome));
                      });
                    });
              });
}

void ActionRunner::StartTag(Transaction& turn, const BuildEntry& build,
                            int64_t serial) {
  TagRequest request{build.build_id, build.release.destination(), build.images,
                     AssembleRequestOf(build)};
  DeferAction(turn, build, serial,
              [this, id = build.build_id, serial,
               request = std::move(request)]() mutable {
                actions_->Tag(
                    std::move(request),
                    [this, post = post_, id,
                     serial](absl::StatusOr<TagOutcome> outcome) {
                      post([this, id, serial,
                            outcome = std::move(outcome)](Transaction& later) {
                        OnTagged(later, id, serial, outcome);
                      });
                    });
              });
}

const BuildEntry* ActionRunner::TakeAnswer(Transaction& turn,
                                           const std::string& build_id,
                                           int64_t serial) {
  const auto found = by_build_.find(build_id);
  if (found == by_build_.end() || found->second.serial != serial) {
    return nullptr;
  }
  const BuildEntry* build = turn.state().FindBuild(build_id);
  if (!HasAction(build) || build->phase != found->second.phase) return nullptr;
  found->second.under_way = false;
  return build;
}

void ActionRunner::OnFound(Transaction& turn, const std::string& build_id,
                           int64_t serial, const Plan& draft,
                           absl::StatusOr<FindOutcome> outcome) {
  const BuildEntry* build = TakeAnswer(turn, build_id, serial);
  if (build == nullptr) return;
  if (outcome.ok()) {
    guard_.Decide(turn, *build, [&] {
      return AfterCheck(*build, draft, std::move(outcome->present));
    });
  } else if (build->plan_only) {
    turn.Record(
        AfterNoCheck(*build, PrintableText(ToStd(outcome.status().message()))));
  } else {
    OnFailure(turn, *build, outcome.status());
  }
}

void ActionRunner::OnAssembled(Transaction& turn, const std::string& build_id,
                               int64_t serial,
                               absl::StatusOr<AssembleOutcome> outcome) {
  const BuildEntry* build = TakeAnswer(turn, build_id, serial);
  if (build == nullptr) return;
  if (!outcome.ok()) return OnFailure(turn, *build, outcome.status());
  if (!outcome->missing.empty()) {
    guard_.Decide(turn, *build,
                  [&] { return AfterLoss(*build, outcome->missing); });
    return;
  }
  guard_.Decide(turn, *build, [&] {
    return AfterAssemble(turn.state(), *build, outcome->images,
                         outcome->verify_tasks);
  });
}

void ActionRunner::OnTagged(Transaction& turn, const std::string& build_id,
                            int64_t serial,
                            const absl::StatusOr<TagOutcome>& outcome) {
  const BuildEntry* build = TakeAnswer(turn, build_id, serial);
  if (build == nullptr) return;
  if (!outcome.ok()) return OnFailure(turn, *build, outcome.status());
  if (!outcome->missing.empty()) {
    guard_.Decide(turn, *build,
                  [&] { return AfterLoss(*build, outcome->missing); });
    return;
  }
  guard_.Decide(turn, *build, [&] {
    return AfterTag(turn.state(), *build, outcome->notes, turn.now());
  });
}

void ActionRunner::OnFailure(Transaction& turn, const BuildEntry& build,
                             const absl::Status& status) {
  Action& action = by_build_[build.build_id];
  // A destination may have said parts of it.
  action.reason = PrintableText(ToStd(status.message()));
  if (WorthAnotherTry(status) &&
      action.failures < options_.retry.transient_budget) {
    action.not_before =
        turn.now() + DelayAfter(action.failures, options_.retry);
    ++action.failures;
    return;
  }
  v1::Failure failure;
  failure.set_kind(WorthAnotherTry(status) ? v1::Failure::TRANSIENT
                                           : v1::Failure::PERMANENT);
  failure.set_item(PhaseInWords(build.phase));
  failure.set_reason(action.reason);
  failure.set_advice("mend it, then: ksoctl retry " + build.build_id);
  turn.Record(EndBuild(build, v1::Build::FAILED, {failure}));
}

void ActionRunner::Sweep(Transaction& turn, BlobsInFarm needed) {
  turn.Defer([this, needed = std::move(needed)]() mutable {
    actions_->Sweep(std::move(needed));
  });
}

absl::Time ActionRunner::BusySince(const std::string& build_id) const {
  const auto found = by_build_.find(build_id);
  const bool busy = found != by_build_.end() && found->second.under_way;
  return busy ? found->second.started : absl::InfiniteFuture();
}

std::vector<std::string> ActionRunner::Waiting(const std::string& build_id,
                                               absl::Time now) const {
  const auto found = by_build_.find(build_id);
  if (found == by_build_.end() || found->second.not_before <= now) return {};
  return {absl::StrCat(PhaseInWords(found->second.phase), ": tried again in ",
                       DurationInWords(found->second.not_before - now), ": ",
                       found->second.reason)};
}

absl::Time ActionRunner::NextDeadline() const {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& [build_id, action] : by_build_) {
    if (!action.under_way) next = std::min(next, action.not_before);
  }
  return next;
}

}  // namespace kso::coordinator

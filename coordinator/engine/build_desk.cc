// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/build_desk.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/proto_time.h"
#include "common/base/status_macros.h"
#include "common/release/build_request.h"
#include "coordinator/core/base/words.h"
#include "coordinator/core/flow/build_flow.h"
#include "coordinator/core/flow/build_view.h"
#include "coordinator/core/flow/cross_check.h"
#include "coordinator/core/flow/distrust.h"
#include "coordinator/core/plan/release_failures.h"
#include "coordinator/engine/active_tasks.h"
#include "coordinator/engine/build_details.h"
#include "google/protobuf/util/message_differencer.h"

namespace kso::coordinator {
namespace {

// Builds on a page of a list, by default and at most.
constexpr int kDefaultPage = 100;
constexpr int kLargestPage = 1000;
// A page of builds or events ends after about so many bytes, and has one at
// least; a message may have 64 MiB (common/rpc/channel.h).
constexpr size_t kPageBytes = 8 << 20;

std::string StateInWords(const BuildEntry& build) {
  switch (build.state) {
    case v1::Build::RUNNING:
      return "still runs";
    case v1::Build::SUCCEEDED:
      return "has succeeded";
    case v1::Build::CANCELLED:
      return "was cancelled";
    default:
      return "has failed";
  }
}

// The running build whose request differs from this one in nothing but its id;
// null when there is none.
const BuildEntry* FindEqual(const State& state,
                            const v1::SubmitBuildRequest& request) {
  for (const auto& [number, build] : state.running()) {
    if (build->plan_only == request.plan_only() &&
        build->fresh == request.fresh() &&
        build->submitted_priority == request.priority() &&
        build->release.name() == request.release().name() &&
        google::protobuf::util::MessageDifferencer::Equals(
            build->WholeRelease(), request.release())) {
      return build;
    }
  }
  return nullptr;
}

// The builds whose ids begin with `prefix`.
std::vector<const BuildEntry*> WithPrefix(const State& state,
                                          const std::string& prefix) {
  std::vector<const BuildEntry*> found;
  for (auto it = state.builds().lower_bound(prefix);
       it != state.builds().end() && it->first.starts_with(prefix); ++it) {
    found.push_back(&it->second);
  }
  return found;
}

}  // namespace

absl::StatusOr<const BuildEntry*> BuildDesk::Find(
    const State& state, const std::string& name) const {
  if (const BuildEntry* build = state.FindBuild(name)) return build;
  const BuildEntry* newest = nullptr;
  for (const auto& [id, build] : state.builds()) {
    if (build.release.name() == name &&
        (newest == nullptr || build.number > newest->number)) {
      newest = &build;
    }
  }
  if (newest != nullptr) return newest;
  std::vector<const BuildEntry*> matches;
  if (!name.empty()) matches = WithPrefix(state, name);
  if (matches.size() == 1) return matches.front();
  if (matches.empty()) {
    return absl::NotFoundError(absl::StrCat("there is no build \"", name,
                                            "\"; `ksoctl builds` lists them"));
  }
  return absl::NotFoundError(
      absl::StrCat("\"", name, "\" is the beginning of several builds: ",
                   absl::StrJoin(matches, ", ",
                                 [](std::string* out, const BuildEntry* build) {
                                   out->append(build->build_id);
                                 })));
}

v1::Build BuildDesk::View(Transaction& turn, const BuildEntry& build) const {
  const HostGate gate = hosts_.GateOf(turn.state(), turn.now());
  v1::Build view =
      BuildView(turn.state(), build, workers_.pool(), turn.now(), &gate);
  if (build.running()) {
    for (v1::HostLimit& limit : gate.Limits(&build)) {
      *view.add_hosts() = std::move(limit);
    }
  }
  for (std::string& sentence : actions_.Waiting(build.build_id, turn.now())) {
    view.add_waiting(std::move(sentence));
  }
  return view;
}

v1::Build BuildDesk::CloseView(Transaction& turn, const BuildEntry& build) {
  v1::Build view = View(turn, build);
  if (!build.running()) return view;
  last_look_ = turn.now();
  AddActiveTasks(build, workers_, view);
  return view;
}

v1::SubmitBuildRequest BuildDesk::WithLogins(
    const v1::SubmitBuildRequest& said) const {
  v1::SubmitBuildRequest request = said;
  request.mutable_release()->clear_logins();
  if (options_.logins.divide()) {
    *request.mutable_release()->mutable_logins() =
        options_.logins.ScopeOf(request);
  }
  return request;
}

absl::StatusOr<v1::Build> BuildDesk::Submit(
    Transaction& turn, const v1::SubmitBuildRequest& said) {
  v1::SubmitBuildRequest limited;
  const bool limit = options_.logins.divide() || said.release().has_logins();
  if (limit) limited = WithLogins(said);
  const v1::SubmitBuildRequest& request = limit ? limited : said;
  KSO_RETURN_IF_ERROR(release::CheckBuildId(request.build_id()));
  if (const BuildEntry* known = turn.state().FindBuild(request.build_id())) {
    return View(turn, *known);
  }
  const std::vector<v1::Failure> failures = ReleaseFailures(request.release());
  if (!failures.empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(
        failures, "\n", [](std::string* out, const v1::Failure& failure) {
          out->append(FailureInWords(failure));
        }));
  }
  KSO_RETURN_IF_ERROR(release::CheckPriority(request.priority()));
  if (options_.logins.divide()) {
    KSO_RETURN_IF_ERROR(options_.logins.CheckDestination(request));
  }
  if (const BuildEntry* equal = FindEqual(turn.state(), request)) {
    return View(turn, *equal);
  }
  KSO_RETURN_IF_ERROR(submits_.Take(turn.state(), request, turn.now()));
  std::vector<v1::JournalRecord> records = StartBuild(turn.state(), request);
  v1::BuildSubmitted& submitted = *records.front().mutable_build_submitted();
  submitted.set_most_bytes(options_.quotas.bytes);
  submitted.set_most_disk_bytes(options_.quotas.disk_bytes);
  KSO_RETURN_IF_ERROR(BuildGuard::CheckSizes(records));
  turn.Record(std::move(records));
  return View(turn, *turn.state().FindBuild(request.build_id()));
}

absl::StatusOr<v1::Build> BuildDesk::Get(Transaction& turn,
                                         const v1::GetBuildRequest& request) {
  KSO_ASSIGN_OR_RETURN(const BuildEntry* build,
                       Find(turn.state(), request.build_id()));
  return CloseView(turn, *build);
}

absl::StatusOr<v1::ListBuildsResponse> BuildDesk::List(
    Transaction& turn, const v1::ListBuildsRequest& request) {
  // A token is the number of the last build of the page before.
  int64_t before = std::numeric_limits<int64_t>::max();
  if (request.page_size() < 0 ||
      (!request.page_token().empty() &&
       (!absl::SimpleAtoi(request.page_token(), &before) || before <= 0))) {
    return absl::InvalidArgumentError(
        "there is no such page of builds; ask for the first one again");
  }
  const int page_size = request.page_size() == 0
                            ? kDefaultPage
                            : std::min(request.page_size(), kLargestPage);
  std::vector<const BuildEntry*> builds;
  for (const auto& [id, build] : turn.state().builds()) {
    if (build.number < before) builds.push_back(&build);
  }
  std::sort(builds.begin(), builds.end(),
            [](const auto* a, const auto* b) { return a->number > b->number; });
  v1::ListBuildsResponse response;
  size_t bytes = 0;
  for (const BuildEntry* build : builds) {
    v1::Build view = View(turn, *build);
    bytes += view.ByteSizeLong();
    if (response.builds_size() == page_size ||
        (bytes > kPageBytes && response.builds_size() > 0)) {
      response.set_next_page_token(absl::StrCat(before));
      break;
    }
    before = build->number;
    *response.add_builds() = std::move(view);
  }
  return response;
}

absl::StatusOr<v1::Build> BuildDesk::Cancel(
    Transaction& turn, const v1::CancelBuildRequest& request) {
  KSO_ASSIGN_OR_RETURN(const BuildEntry* build,
                       Find(turn.state(), request.build_id()));
  if (!build->running()) {
    return absl::FailedPreconditionError(
        absl::StrCat("build ", build->build_id, " ", StateInWords(*build)));
  }
  // A tag that is being pushed cannot be taken back, so the action is left to
  // end, unless the destination keeps it waiting.
  if (build->phase == v1::TAG &&
      actions_.BusySince(build->build_id) <= turn.now() &&
      actions_.BusySince(build->build_id) + options_.tag_patience >
          turn.now()) {
    return absl::FailedPreconditionError(
        absl::StrCat("build ", build->build_id,
                     " is pushing its tags; it ends in a moment"));
  }
  turn.Record(EndBuild(*build, v1::Build::CANCELLED));
  return View(turn, *build);
}

absl::StatusOr<v1::Build> BuildDesk::Retry(
    Transaction& turn, const v1::RetryBuildRequest& request) {
  KSO_ASSIGN_OR_RETURN(const BuildEntry* build,
                       Find(turn.state(), request.build_id()));
  if (build->state != v1::Build::FAILED &&
      build->state != v1::Build::CANCELLED) {
    return absl::FailedPreconditionError(
        absl::StrCat("build ", build->build_id, " ", StateInWords(*build),
                     "; there is nothing to retry"));
  }
  KSO_RETURN_IF_ERROR(submits_.TakeAgain(turn.state(), *build,
                                         request.retried_by(), turn.now()));
  v1::JournalRecord record;
  record.mutable_build_retried()->set_build_id(build->build_id);
  record.mutable_build_retried()->set_most_disk_bytes(
      options_.quotas.disk_bytes);
  turn.Record(std::move(record));
  std::vector<v1::JournalRecord> redo = RedoDistrusted(turn.state(), *build);
  if (redo.empty()) redo = RedoDifferent(*build);
  if (!redo.empty()) {
    turn.Record(std::move(redo));
  } else if (build->phase == v1::VERIFY) {
    // An image of which a part is gone from the destination fails in the same
    // way for ever. Only ASSEMBLE notices that, and has the part made again.
    v1::JournalRecord again;
    v1::TasksReopened* change = again.mutable_tasks_reopened();
    change->set_build_id(build->build_id);
    change->set_phase(v1::ASSEMBLE);
    change->set_reason("looking whether all is at the destination");
    turn.Record(std::move(again));
  }
  return View(turn, *build);
}

absl::StatusOr<v1::Build> BuildDesk::SetPriority(
    Transaction& turn, const v1::SetPriorityRequest& request) {
  KSO_ASSIGN_OR_RETURN(const BuildEntry* build,
                       Find(turn.state(), request.build_id()));
  KSO_RETURN_IF_ERROR(release::CheckPriority(request.priority()));
  if (!build->running()) {
    return absl::FailedPreconditionError(
        absl::StrCat("build ", build->build_id, " ", StateInWords(*build)));
  }
  if (build->priority == request.priority()) return View(turn, *build);
  KSO_RETURN_IF_ERROR(submits_.CheckInterventions(*build));
  v1::JournalRecord record;
  record.mutable_build_prioritized()->set_build_id(build->build_id);
  record.mutable_build_prioritized()->set_priority(request.priority());
  turn.Record(std::move(record));
  return View(turn, *build);
}

absl::StatusOr<v1::ForgetBuildResponse> BuildDesk::Forget(
    Transaction& turn, const v1::ForgetBuildRequest& request) {
  KSO_ASSIGN_OR_RETURN(const BuildEntry* build,
                       Find(turn.state(), request.build_id()));
  if (!build->build_id.starts_with(request.build_id())) {
    return absl::InvalidArgumentError(absl::StrCat(
        "what is forgotten is named by its id: the newest build of ",
        build->release.name(), " is ", build->build_id));
  }
  if (!request.of_everybody() &&
      build->submitted_by != request.forgotten_by()) {
    return absl::PermissionDeniedError(absl::StrCat(
        "build ", build->build_id, " was submitted by ",
        build->submitted_by.empty() ? "nobody who is known"
                                    : build->submitted_by,
        ", who may have it forgotten, as may an admin of the farm"));
  }
  if (build->running()) {
    return absl::FailedPreconditionError(absl::StrCat(
        "build ", build->build_id, " still runs; end it first: ksoctl cancel ",
        build->build_id));
  }
  v1::ForgetBuildResponse response;
  response.set_build_id(build->build_id);
  response.set_name(build->release.name());
  response.set_freed_bytes(
      turn.state().disk_use().BytesOnlyOf(build->build_id));
  v1::JournalRecord record;
  record.mutable_build_pruned()->set_build_id(build->build_id);
  turn.Record(std::move(record));
  return response;
}

v1::BuildSummary BuildDesk::Summarize(Transaction& turn,
                                      const BuildEntry& build) const {
  return SummaryOf(build, View(turn, build));
}

absl::Status BuildDesk::CheckWatchers(const std::string& watched_by) const {
  const Quotas& quotas = options_.quotas;
  const auto own = std::count_if(
      watchers_.begin(), watchers_.end(),
      [&](const Watcher& watcher) { return watcher.watched_by == watched_by; });
  if (own < quotas.watchers_of_one &&
      static_cast<int>(watchers_.size()) < quotas.watchers_of_all) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(
      "too many calls wait for news of builds; try again later");
}

void BuildDesk::Watch(Transaction& turn, const v1::WatchBuildRequest& request,
                      Engine::Done<v1::WatchBuildResponse> done) {
  absl::StatusOr<const BuildEntry*> build =
      Find(turn.state(), request.build_id());
  if (const absl::Status room = CheckWatchers(request.watched_by());
      build.ok() && !room.ok()) {
    build = room;
  }
  if (!build.ok()) {
    turn.Defer([done = std::move(done), status = build.status()]() mutable {
      done(status);
    });
    return;
  }
  last_look_ = turn.now();
  const absl::Duration wait =
      std::min(FromProto(request.wait()), options_.longest_watch);
  watchers_.push_back({request.watched_by(), (*build)->build_id,
                       request.after_sequence(), request.known_revision(),
                       turn.now() + options_.progress_pause, turn.now() + wait,
                       std::move(done)});
}

void BuildDesk::Advance(Transaction& turn) {
  std::vector<std::string> ids;
  for (const auto& [number, build] : turn.state().running()) {
    ids.push_back(build->build_id);
  }
  for (const std::string& id : ids) {
    while (turn.status().ok()) {
      const BuildEntry& build = *turn.state().FindBuild(id);
      if (!guard_.Decide(turn, build, [&] {
            return AdvanceBuild(turn.state(), build, workers_.pool());
          })) {
        break;
      }
    }
  }
}

bool BuildDesk::IsDue(const Watcher& watcher, const BuildEntry& build,
                      absl::Time now) {
  const int64_t last = static_cast<int64_t>(build.events.size());
  if (last > watcher.after_sequence || !build.running()) return true;
  const bool progress =
      watcher.known_revision != 0 && watcher.known_revision != build.revision;
  const absl::Time due = progress
                             ? std::min(watcher.progress_from, watcher.deadline)
                             : watcher.deadline;
  if (due > now) next_answer_ = std::min(next_answer_, due);
  return due <= now;
}

void BuildDesk::Answer(Transaction& turn) {
  next_answer_ = absl::InfiniteFuture();
  std::vector<Watcher> still;
  for (Watcher& watcher : watchers_) {
    const BuildEntry* build = turn.state().FindBuild(watcher.build_id);
    absl::StatusOr<v1::WatchBuildResponse> response = absl::NotFoundError(
        absl::StrCat("build ", watcher.build_id, " was forgotten"));
    if (build != nullptr) {
      if (!IsDue(watcher, *build, turn.now())) {
        still.push_back(std::move(watcher));
        continue;
      }
      response = ResponseTo(turn, watcher, *build);
    }
    turn.Defer([done = std::move(watcher.done),
                response = std::move(response)]() mutable {
      done(std::move(response));
    });
  }
  watchers_ = std::move(still);
}

v1::WatchBuildResponse BuildDesk::ResponseTo(Transaction& turn,
                                             const Watcher& watcher,
                                             const BuildEntry& build) {
  v1::WatchBuildResponse response;
  const int64_t last = static_cast<int64_t>(build.events.size());
  size_t bytes = 0;
  for (int64_t i = std::max<int64_t>(watcher.after_sequence, 0);
       i < last && bytes < kPageBytes; ++i) {
    v1::Event event = build.events[i];
    bytes += event.ByteSizeLong();
    *response.add_events() = std::move(event);
  }
  *response.mutable_build() = CloseView(turn, build);
  response.set_revision(build.revision);
  return response;
}

void BuildDesk::Refuse(const absl::Status& status) {
  for (Watcher& watcher : std::exchange(watchers_, {})) watcher.done(status);
}

}  // namespace kso::coordinator

// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/state_text.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "coordinator/core/base/words.h"

namespace kso::testing {
namespace {

using coordinator::BuildEntry;
using coordinator::State;
using coordinator::TaskEntry;
using coordinator::TaskState;

// A hash of a message. The messages have no maps, so their bytes are the same
// each time.
template <typename Message>
uint64_t Sum(const Message& message) {
  return std::hash<std::string>()(message.SerializeAsString());
}
template <typename List>
uint64_t SumOfAll(const List& messages) {
  uint64_t sum = messages.size();
  for (const auto& message : messages) sum = sum * 31 + Sum(message);
  return sum;
}

void AddTask(const TaskEntry& task, bool with_delays, std::string& text) {
  const coordinator::Trouble& trouble = task.trouble_or_none();
  absl::StrAppend(&text, "  ", task.id, " ", Sum(task.UnpackTask()), " state ",
                  static_cast<int>(task.state), " attempts ", task.attempts,
                  " spent ", trouble.infrastructure_failures, "/",
                  trouble.transient_failures, "/", trouble.rate_limit_failures);
  if (task.state == TaskState::kRunnable && with_delays) {
    absl::StrAppend(&text, " not before ",
                    absl::FormatTime(trouble.not_before, absl::UTCTimeZone()),
                    " last ", trouble.last_worker, " ", trouble.last_reason);
  }
  if (task.state == TaskState::kLeased) {
    const coordinator::LeaseEntry& lease = *task.lease;
    absl::StrAppend(&text, " lease ", lease.lease_id, " ", lease.worker, " ",
                    lease.session, " until ",
                    absl::FormatTime(lease.deadline, absl::UTCTimeZone()));
  }
  if (task.state == TaskState::kDone) {
    absl::StrAppend(&text, " ", Sum(task.UnpackResult()));
  }
  if (task.state == TaskState::kFailed) {
    absl::StrAppend(&text, " ", coordinator::FailureInWords(trouble.failure));
  }
  text += '\n';
}

// The place of a build in the order of submits. It stands for the build's
// number, which is another one after a replay without the records of pruned
// builds.
int PlaceOf(const State& state, const BuildEntry& build) {
  int place = 0;
  for (const auto& [id, other] : state.builds()) {
    place += other.number < build.number;
  }
  return place;
}

void AddBuild(const State& state, const BuildEntry& build, bool with_delays,
              std::string& text) {
  absl::StrAppend(&text, build.build_id, " place ", PlaceOf(state, build), " ",
                  Sum(build.WholeRelease()), " state ", build.state, " phase ",
                  build.phase, " planned ", build.planned, " ",
                  Sum(build.plan.Get()), " ", SumOfAll(build.planned_images));
  absl::StrAppend(&text, " plan only ", build.plan_only, " fresh ", build.fresh,
                  " reopened ", build.reopened, " destination ",
                  build.destination ? Sum(*build.destination) : 0);
  absl::StrAppend(&text, " images ", SumOfAll(build.images), " verified ",
                  SumOfAll(build.verifications), " failures ",
                  SumOfAll(build.failures), " moved ", build.bytes_fetched, "/",
                  build.bytes_pushed, " running ",
                  state.running().contains(build.number), "\n");
  for (const auto& [phase, tasks] : build.tasks) {
    const coordinator::PhaseCounts counts = build.CountsOf(phase);
    absl::StrAppend(&text, " phase ", phase, ": ", counts.total, " ",
                    counts.done, " ", counts.leased, " ", counts.failed, "\n");
    for (const TaskEntry* task : tasks) AddTask(*task, with_delays, text);
  }
  for (size_t i = 0; i < build.events.size(); ++i) {
    const v1::Event event = build.events[i];
    absl::StrAppend(&text, "  ", event.sequence(), " ", event.task_id(), " ",
                    event.worker(), " ", event.text(), "\n");
  }
}

}  // namespace

std::string StateText(const State& state, bool with_delays) {
  std::string text;
  for (const auto& [id, build] : state.builds()) {
    AddBuild(state, build, with_delays, text);
  }
  for (const auto& [worker, session] : state.drains()) {
    absl::StrAppend(&text, worker, " drains in ", session, "\n");
  }
  return text;
}

std::string FirstDifference(const std::string& a, const std::string& b) {
  const std::vector<std::string> left = absl::StrSplit(a, '\n');
  const std::vector<std::string> right = absl::StrSplit(b, '\n');
  for (size_t i = 0; i < std::max(left.size(), right.size()); ++i) {
    const std::string one = i < left.size() ? left[i] : "(nothing)";
    const std::string other = i < right.size() ? right[i] : "(nothing)";
    if (one != other) return absl::StrCat(one, "\n  and ", other);
  }
  return "";
}

}  // namespace kso::testing

#include "coordinator/core/waiting.h"

#include <algorithm>
#include <map>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "coordinator/core/scheduler.h"
#include "coordinator/core/words.h"

namespace kso::coordinator {
namespace {

constexpr int kRetriesShown = 3;

// Why no worker can take `task`: nobody is there, or those who are cannot.
std::string NobodyFits(const TaskEntry& task, const WorkerViews& workers) {
  const std::string platform = PlatformInWords(task.task.platform());
  std::vector<std::string> why_not;
  for (const WorkerView& worker : workers) {
    if (worker.state == v1::WorkerStatus::LOST || worker.expected) continue;
    const std::string& name = worker.info.name();
    if (worker.state == v1::WorkerStatus::DRAINING) {
      why_not.push_back(absl::StrCat("worker ", name, " drains"));
    } else if (worker.state == v1::WorkerStatus::UNHEALTHY) {
      why_not.push_back(absl::StrCat("worker ", name, ": ", worker.reason));
    } else if (task.task.must_execute() && !worker.info.can_execute()) {
      why_not.push_back(
          absl::StrCat("worker ", name, " cannot run images",
                       worker.info.cannot_execute_reason().empty() ? "" : ": ",
                       worker.info.cannot_execute_reason()));
    }
  }
  const bool platform_matters = task.task.must_execute() && !platform.empty();
  std::string text = absl::StrCat(
      PhaseInWords(task.phase), platform.empty() ? "" : " ", platform, ": no ",
      platform_matters ? task.task.platform().architecture() + " " : "",
      "worker is ", why_not.empty() ? "connected" : "ready");
  if (!why_not.empty()) {
    absl::StrAppend(&text, " (", absl::StrJoin(why_not, "; "), ")");
  }
  absl::StrAppend(&text, "; start one with kso-worker",
                  platform_matters ? " --platform " + platform : "");
  return text;
}

bool AnyExpected(const WorkerViews& workers) {
  return std::any_of(workers.begin(), workers.end(),
                     [](const WorkerView& worker) { return worker.expected; });
}

}  // namespace

std::vector<std::string> WaitingReasons(const State& state,
                                        const BuildEntry& build,
                                        const WorkerViews& workers,
                                        absl::Time now, const StartGate* gate) {
  std::vector<std::string> sentences;
  if (!GrantsTasks(build)) {
    const int leased = build.CountsOf(build.phase).leased;
    if (build.running() && leased > 0) {
      sentences.push_back(absl::StrCat("a task has failed; ",
                                       Count(leased, "running task"),
                                       " will finish before the build ends"));
    }
    return sentences;
  }
  int64_t for_slots = 0;
  int64_t for_return = 0;
  std::map<std::string, int64_t> held_back;
  std::vector<const TaskEntry*> retries;
  for (const auto& [platform, queue] : build.runnable) {
    bool said = false;
    for (const auto& [weight, id] : queue) {
      const TaskEntry* task = state.FindTask(id);
      if (task->not_before > now) {
        retries.push_back(task);
      } else if (BestFit(task->task, workers) == Fit::kNone) {
        if (!said) sentences.push_back(NobodyFits(*task, workers));
        said = true;
      } else if (std::optional<std::string> reason =
                     gate == nullptr ? std::nullopt : gate->WhyNot(*task)) {
        ++held_back[*reason];
      } else if (AnyExpected(workers)) {
        ++for_return;
      } else {
        ++for_slots;
      }
    }
  }
  for (const auto& [reason, count] : held_back) {
    sentences.push_back(absl::StrCat(
        Count(count, "task"), count == 1 ? " waits: " : " wait: ", reason));
  }
  if (for_return > 0) {
    sentences.push_back(absl::StrCat(
        Count(for_return, "task"), for_return == 1 ? " waits" : " wait",
        " for workers to come back after the coordinator's restart"));
  }
  if (for_slots > 0) {
    sentences.push_back(absl::StrCat(Count(for_slots, "task"),
                                     for_slots == 1 ? " waits" : " wait",
                                     " for a free slot"));
  }
  std::sort(retries.begin(), retries.end(), [](const auto* a, const auto* b) {
    return a->not_before < b->not_before;
  });
  for (size_t i = 0; i < retries.size() && i < kRetriesShown; ++i) {
    sentences.push_back(
        absl::StrCat("retry of ", retries[i]->task.name(), " in ",
                     DurationInWords(retries[i]->not_before - now), ": ",
                     retries[i]->last_reason));
  }
  if (retries.size() > kRetriesShown) {
    sentences.push_back(absl::StrCat(retries.size() - kRetriesShown,
                                     " more tasks wait for a retry"));
  }
  return sentences;
}

}  // namespace kso::coordinator

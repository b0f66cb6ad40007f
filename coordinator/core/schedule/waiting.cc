// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/waiting.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/strings.h"
#include "coordinator/core/base/host_trouble.h"
#include "coordinator/core/base/words.h"
#include "coordinator/core/schedule/scheduler.h"

namespace kso::coordinator {
namespace {

// At most so many tasks, workers or builds are named in one sentence.
constexpr size_t kShown = 3;

std::string JoinShown(std::vector<std::string> texts,
                      const std::string& separator) {
  if (texts.size() > kShown) {
    const size_t more = texts.size() - kShown;
    texts.resize(kShown);
    texts.push_back(absl::StrCat("and ", more, " more"));
  }
  return absl::StrJoin(texts, separator);
}

std::string Tasks(int64_t count) {
  return absl::StrCat(Count(count, "task"), count == 1 ? " waits" : " wait");
}

// "worker big drains", "worker one: disk full".
std::vector<std::string> NotReady(const WorkerPool& workers, absl::Time now) {
  std::vector<std::string> texts;
  for (const auto& [name, member] : workers.members()) {
    const std::string why = NotReadyInWords(*member.view, now);
    if (why.empty()) continue;
    const bool drains = member.view->state == v1::WorkerStatus::DRAINING;
    texts.push_back(drains ? absl::StrCat("worker ", name, " drains")
                           : absl::StrCat("worker ", name, ": ", why));
  }
  return texts;
}

// The reason why no worker can take tasks with this demand: none is connected,
// or those that are cannot.
std::string NobodyFits(v1::Phase phase, const Demand& demand,
                       const WorkerPool& workers, absl::Time now) {
  std::vector<std::string> why_not = NotReady(workers, now);
  for (const auto& [name, member] : workers.members()) {
    const v1::WorkerInfo& info = member.view->info;
    // A task that runs nothing fits every ready worker.
    if (!member.ready || info.can_execute()) continue;
    why_not.push_back(
        absl::StrCat("worker ", name, " cannot run images",
                     info.cannot_execute_reason().empty() ? "" : ": ",
                     info.cannot_execute_reason()));
  }
  const std::string& platform = demand.platform_name;
  const bool platform_matters = demand.must_execute && !platform.empty();
  std::string text = absl::StrCat(
      PhaseInWords(phase), platform.empty() ? "" : " ", platform, ": no ",
      platform_matters ? demand.platform.architecture() + " " : "",
      "worker is ", why_not.empty() ? "connected" : "ready");
  if (!why_not.empty()) {
    absl::StrAppend(&text, " (", JoinShown(std::move(why_not), "; "), ")");
  }
  absl::StrAppend(&text, "; start one with kso-worker",
                  platform_matters ? " --platform " + platform : "");
  return text;
}

// Returns whether all ready workers that fit as well as any are among those
// that may not have tasks with this demand.
bool OnlyExcludedFit(const Demand& demand, const WorkerPool& workers) {
  if (demand.not_by.empty()) return false;
  const Fit best = workers.BestFit(demand);
  return std::none_of(
      workers.members().begin(), workers.members().end(),
      [&](const auto& entry) {
        const auto& [name, member] = entry;
        return member.view->ready() && member.kind->FitFor(demand) <= best &&
               std::find(demand.not_by.begin(), demand.not_by.end(), name) ==
                   demand.not_by.end();
      });
}

// The reason why layers are not made again to be compared.
std::string NeedsAnotherWorker(const Demand& demand) {
  return absl::StrCat(
      "crossCheck needs another worker ",
      demand.platform_name.empty() ? "" : "for " + demand.platform_name + " ",
      "than ", absl::StrJoin(demand.not_by, " and "),
      ", which made these layers; start one with kso-worker, or build without "
      "crossCheck");
}

// The number of the tasks of a queue that only workers could take whose layers
// another one says are wrong; `reason` is why they wait.
int64_t WithoutAWitness(const Demand& demand, const TaskQueue& queue,
                        const WorkerPool& workers, std::string& reason) {
  if (!demand.must_execute) return 0;
  int64_t count = 0;
  for (const TaskEntry* task : queue) {
    const Trouble& trouble = task->trouble_or_none();
    if (trouble.accused.empty() ||
        workers.AnyReadyBut(trouble.accused, demand, workers.BestFit(demand))) {
      continue;
    }
    ++count;
    reason = absl::StrCat(
        "another worker than ", absl::StrJoin(trouble.accused, " and "),
        ", of whose layers ", trouble.accuser,
        " says that they are wrong, has to look; start one with kso-worker",
        demand.platform_name.empty() ? "" : " --platform ",
        demand.platform_name);
  }
  return count;
}

int LeasedOf(const BuildEntry& build) {
  int leased = 0;
  for (const auto& [phase, counts] : build.counts) leased += counts.leased;
  return leased;
}

// The builds that hold the slots: "; in use: 6 by build big, 2 by this build".
std::string WhoHasSlots(const State& state, const BuildEntry& build,
                        const WorkerPool& workers, absl::Time now) {
  std::vector<std::pair<int, std::string>> users;
  for (const auto& [number, other] : state.running()) {
    const int leased = LeasedOf(*other);
    if (leased == 0) continue;
    users.emplace_back(
        -leased, other == &build ? "this build" : "build " + other->build_id);
  }
  std::sort(users.begin(), users.end());
  std::vector<std::string> texts;
  for (const auto& [leased, user] : users) {
    texts.push_back(absl::StrCat(-leased, " by ", user));
  }
  std::string text;
  if (!texts.empty()) {
    absl::StrAppend(&text, "; in use: ", JoinShown(std::move(texts), ", "));
  }
  std::vector<std::string> not_ready = NotReady(workers, now);
  if (!not_ready.empty()) {
    absl::StrAppend(&text, "; ", JoinShown(std::move(not_ready), "; "));
  }
  return text;
}

void AddReady(const State& state, const BuildEntry& build,
              const WorkerPool& workers, absl::Time now, const HostGate* gate,
              std::vector<std::string>& sentences) {
  int64_t waiting = 0;
  std::map<std::string, int64_t> held_back;
  for (const auto& [demand, queue] : build.queue.ready) {
    std::string accused;
    const int64_t without_witness =
        WithoutAWitness(*demand, queue, workers, accused);
    if (without_witness > 0) held_back[accused] += without_witness;
    const int64_t count = static_cast<int64_t>(queue.size()) - without_witness;
    if (count == 0) continue;
    if (workers.BestFit(*demand) == Fit::kNone) {
      std::string nobody =
          NobodyFits((*queue.begin())->phase, *demand, workers, now);
      if (std::find(sentences.begin(), sentences.end(), nobody) ==
          sentences.end()) {
        sentences.push_back(std::move(nobody));
      }
    } else if (OnlyExcludedFit(*demand, workers)) {
      held_back[NeedsAnotherWorker(*demand)] += count;
    } else if (std::optional<std::string> reason =
                   gate == nullptr ? std::nullopt : gate->WhyNot(*demand)) {
      held_back[*reason] += count;
    } else {
      waiting += count;
    }
  }
  for (const auto& [reason, count] : held_back) {
    sentences.push_back(absl::StrCat(Tasks(count), ": ", reason));
  }
  if (waiting == 0) return;
  sentences.push_back(absl::StrCat(
      Tasks(waiting),
      workers.AnyExpected()
          ? " for workers to come back after the coordinator's restart"
          : " for a free slot" + WhoHasSlots(state, build, workers, now)));
}

void AddShared(const State& state, const BuildEntry& build,
               std::vector<std::string>& sentences) {
  for (const auto& [number, count] : build.queue.shared) {
    const auto other = state.running().find(number);
    const bool elsewhere =
        other != state.running().end() && other->second != &build;
    sentences.push_back(
        absl::StrCat(Tasks(count), " for ",
                     count == 1 ? "an identical one" : "identical ones",
                     elsewhere ? " of build " + other->second->build_id : "",
                     count == 1 ? ", to share what comes of it"
                                : ", to share what comes of them"));
  }
}

// A task that waits for its next try, and how many others wait for the same
// host.
struct Retry {
  absl::Time time;
  const TaskEntry* task = nullptr;
  int64_t tasks = 0;
};

std::string RetryInWords(const Retry& retry, absl::Time now) {
  const Trouble& trouble = retry.task->trouble_or_none();
  const std::string when = DurationInWords(retry.time - now);
  if (!trouble.last_cause.of_host()) {
    return absl::StrCat("retry of ", retry.task->name, " in ", when, ": ",
                        trouble.last_reason);
  }
  return absl::StrCat(retry.tasks,
                      retry.tasks == 1 ? " item waits" : " items wait", " for ",
                      trouble.last_cause.host, ", which is tried again in ",
                      when, ": ", ToAbsl(WithoutUrl(trouble.last_reason)));
}

void AddRetries(const BuildEntry& build, absl::Time now,
                std::vector<std::string>& sentences) {
  // Those that wait for one host are one.
  std::vector<Retry> retries;
  std::map<std::string, size_t> of_host;
  for (const auto& [time, number, task] : build.queue.delayed) {
    const Cause& cause = task->trouble_or_none().last_cause;
    if (cause.of_host()) {
      const auto [known, is_new] =
          of_host.try_emplace(cause.key, retries.size());
      if (!is_new) {
        ++retries[known->second].tasks;
        continue;
      }
    }
    retries.push_back({time, task, 1});
  }
  int64_t more = 0;
  for (size_t i = 0; i < retries.size(); ++i) {
    if (i < kShown) {
      sentences.push_back(RetryInWords(retries[i], now));
    } else {
      more += retries[i].tasks;
    }
  }
  if (more > 0) {
    sentences.push_back(absl::StrCat(more, " more ",
                                     more == 1 ? "task waits" : "tasks wait",
                                     " for a retry"));
  }
}

}  // namespace

std::vector<std::string> WaitingReasons(const State& state,
                                        const BuildEntry& build,
                                        const WorkerPool& workers,
                                        absl::Time now, const HostGate* gate) {
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
  AddReady(state, build, workers, now, gate, sentences);
  AddShared(state, build, sentences);
  AddRetries(build, now, sentences);
  return sentences;
}

std::string WhyDemandWaits(const Demand& demand, v1::Phase phase,
                           const WorkerPool& workers, absl::Time now,
                           const HostGate* gate) {
  if (workers.BestFit(demand) == Fit::kNone) {
    return NobodyFits(phase, demand, workers, now);
  }
  if (OnlyExcludedFit(demand, workers)) return NeedsAnotherWorker(demand);
  const std::optional<std::string> reason =
      gate == nullptr ? std::nullopt : gate->WhyNot(demand);
  return reason.value_or("a free slot");
}

}  // namespace kso::coordinator

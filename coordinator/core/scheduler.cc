#include "coordinator/core/scheduler.h"

#include <algorithm>
#include <vector>

#include "coordinator/core/words.h"

namespace kso::coordinator {
namespace {

// A variant that the task does not name does not matter.
bool Satisfies(const v1::Platform& offered, const v1::Platform& wanted) {
  return offered.os() == wanted.os() &&
         offered.architecture() == wanted.architecture() &&
         (wanted.variant().empty() || offered.variant() == wanted.variant());
}

bool MayTake(const TaskEntry& task, const WorkerViews& workers,
             const WorkerView& worker, absl::Time now, const StartGate* gate) {
  if (task.not_before > now) return false;
  if (gate != nullptr && gate->WhyNot(task).has_value()) return false;
  const Fit fit = FitOf(task.task, worker.info);
  if (fit == Fit::kNone || fit > BestFit(task.task, workers)) return false;
  if (task.last_worker != worker.info.name() || task.last_reason.empty()) {
    return true;
  }
  return std::none_of(
      workers.begin(), workers.end(), [&](const WorkerView& other) {
        return other.ready() && other.info.name() != worker.info.name() &&
               FitOf(task.task, other.info) <= fit;
      });
}

// The first task of the build that the worker may take.
std::optional<std::string> PickFrom(const State& state, const BuildEntry& build,
                                    const WorkerViews& workers,
                                    const WorkerView& worker, absl::Time now,
                                    const StartGate* gate) {
  const TaskEntry* best = nullptr;
  Fit best_fit = Fit::kNone;
  for (const auto& [platform, queue] : build.runnable) {
    for (const auto& [weight, id] : queue) {
      const TaskEntry* task = state.FindTask(id);
      if (!MayTake(*task, workers, worker, now, gate)) continue;
      // Work for any platform can wait for any worker; work for one cannot.
      const Fit fit =
          platform.empty() ? Fit::kForeign : FitOf(task->task, worker.info);
      if (best == nullptr || fit < best_fit ||
          (fit == best_fit && task->task.weight() > best->task.weight())) {
        best = task;
        best_fit = fit;
      }
      break;
    }
  }
  if (best == nullptr) return std::nullopt;
  return best->task.task_id();
}

}  // namespace

Fit FitOf(const v1::Task& task, const v1::WorkerInfo& worker) {
  if (task.must_execute() && !worker.can_execute()) return Fit::kNone;
  if (PlatformInWords(task.platform()).empty()) return Fit::kNative;
  Fit fit = task.must_execute() ? Fit::kNone : Fit::kForeign;
  for (const v1::PlatformSupport& support : worker.platforms()) {
    if (!Satisfies(support.platform(), task.platform())) continue;
    fit = std::min(fit, support.native() ? Fit::kNative : Fit::kEmulated);
  }
  return fit;
}

Fit BestFit(const v1::Task& task, const WorkerViews& workers) {
  Fit best = Fit::kNone;
  for (const WorkerView& worker : workers) {
    if (worker.expected) {
      best = Fit::kNative;
    } else if (worker.ready()) {
      best = std::min(best, FitOf(task, worker.info));
    }
  }
  return best;
}

bool GrantsTasks(const BuildEntry& build) {
  return build.running() && (build.phase == v1::RESOLVE ||
                             build.CountsOf(build.phase).failed == 0);
}

std::optional<std::string> Scheduler::Pick(const State& state,
                                           const WorkerViews& workers,
                                           const WorkerView& worker,
                                           absl::Time now,
                                           const StartGate* gate) {
  if (!worker.ready()) return std::nullopt;
  std::vector<const BuildEntry*> turns;
  const auto next = state.running().upper_bound(last_build_);
  for (auto it = next; it != state.running().end(); ++it) {
    turns.push_back(it->second);
  }
  for (auto it = state.running().begin(); it != next; ++it) {
    turns.push_back(it->second);
  }
  for (const BuildEntry* build : turns) {
    if (!GrantsTasks(*build)) continue;
    if (std::optional<std::string> task =
            PickFrom(state, *build, workers, worker, now, gate)) {
      last_build_ = build->number;
      return task;
    }
  }
  return std::nullopt;
}

}  // namespace kso::coordinator

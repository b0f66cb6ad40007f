// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/scheduler.h"

#include "coordinator/core/base/phases.h"

namespace kso::coordinator {
namespace {

// The number of tasks that had better go elsewhere which are passed over in a
// queue before the search ends.
constexpr int kLookAhead = 64;

// Returns whether any of the tasks with this demand may go to the worker now.
bool MayTakeAny(const Demand& demand, const WorkerPool& pool,
                const WorkerPool::Member& worker, const HostGate* gate) {
  const Fit fit = worker.kind->FitFor(demand);
  return fit != Fit::kNone && fit <= pool.BestFit(demand) &&
         (gate == nullptr || !gate->WhyNot(demand).has_value());
}

// Returns whether the worker may take this task. One that has just failed on it
// goes to another worker, where another fits as well.
bool MayTake(const TaskEntry& task, const WorkerPool& pool,
             const WorkerPool::Member& worker) {
  if (task.trouble == nullptr || task.trouble->last_reason.empty() ||
      task.trouble->last_worker != worker.view->info.name()) {
    return true;
  }
  return pool.CountReady(*task.demand, worker.kind->FitFor(*task.demand)) <= 1;
}

// The first task of the queue that the worker may take.
Scheduler::Choice FirstOf(const TaskQueue& queue, const WorkerPool& pool,
                          const WorkerPool::Member& worker) {
  Scheduler::Choice choice;
  int looked_at = 0;
  for (const TaskEntry* task : queue) {
    if (MayTake(*task, pool, worker)) {
      choice.task = task;
      break;
    }
    choice.for_others = true;
    if (++looked_at == kLookAhead) break;
  }
  return choice;
}

Scheduler::Choice PickFrom(const BuildEntry& build, const WorkerPool& pool,
                           const WorkerPool::Member& worker,
                           const HostGate* gate) {
  Scheduler::Choice best;
  Fit best_fit = Fit::kNone;
  for (const auto& [demand, queue] : build.queue.ready) {
    if (!MayTakeAny(*demand, pool, worker, gate)) continue;
    const Scheduler::Choice first = FirstOf(queue, pool, worker);
    best.for_others |= first.for_others;
    if (first.task == nullptr) continue;
    // A task for any platform can go to any other worker later; one for this
    // worker's platform cannot, so it goes first.
    const Fit fit = demand->platform_name.empty()
                        ? Fit::kForeign
                        : worker.kind->FitFor(*demand);
    if (best.task == nullptr || fit < best_fit ||
        (fit == best_fit && HeaviestFirst()(first.task, best.task))) {
      best.task = first.task;
      best_fit = fit;
    }
  }
  return best;
}

}  // namespace

bool GrantsTasks(const BuildEntry& build) {
  return build.running() &&
         (build.CountsOf(build.phase).failed == 0 ||
          RuleOf(build.phase).on_failed_task == OnFailedTask::kOthersGoOn);
}

Scheduler::Choice Scheduler::Pick(const State& state, const WorkerPool& pool,
                                  const WorkerPool::Member& worker,
                                  const HostGate* gate) {
  Choice choice;
  if (!worker.view->ready()) return choice;
  FairShare& shares = shares_[worker.kind->name()];
  FairShare::Turns turns = shares.TurnsOf(state.ready_builds());
  while (const BuildEntry* build = turns.Next()) {
    if (!GrantsTasks(*build)) continue;
    const Choice found = PickFrom(*build, pool, worker, gate);
    choice.for_others |= found.for_others;
    if (found.task == nullptr) continue;
    choice.task = found.task;
    shares.Granted(*build, state.running());
    return choice;
  }
  return choice;
}

}  // namespace kso::coordinator

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/scheduler.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "common/base/sizes.h"
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

// Returns whether tasks with this demand are for others than the worker.
bool IsForOthers(const Demand& demand, const WorkerPool::Member& worker) {
  return std::find(demand.not_by.begin(), demand.not_by.end(),
                   worker.view->info.name()) != demand.not_by.end();
}

// The worker on which the task has just failed; empty when there is none.
std::string_view LastFailedOn(const TaskEntry& task) {
  return task.trouble == nullptr || task.trouble->last_reason.empty()
             ? std::string_view()
             : std::string_view(task.trouble->last_worker);
}

// The makers of layers that a verification of this task has found wrong: they
// say nothing more of the image.
const std::set<std::string>& AccusedBy(const TaskEntry& task) {
  return task.trouble_or_none().accused;
}

// How many bytes of the build's layers each worker made, by its name.
std::map<std::string_view, int64_t> BytesByMaker(const BuildEntry& build) {
  std::map<std::string_view, int64_t> bytes;
  for (const TaskEntry* task : build.TasksOf(v1::LAYERS)) {
    // A layer that is made to be compared is not in the image.
    if (task->made_by == nullptr || task->copy) continue;
    int64_t& sum = bytes[*task->made_by];
    // An empty layer counts, too.
    sum = SaturatingAdd(sum, std::max<int64_t>(task->weight, 1));
  }
  return bytes;
}

// Returns whether no other ready worker that fits as well made less of what the
// task verifies: what a worker says of its own work proves little. The worker
// on which the task has just failed is no alternative.
bool IsIndependentEnough(const TaskEntry& task, const WorkerPool& pool,
                         const WorkerPool::Member& worker) {
  if (task.work != v1::Task::kVerifyImage) return true;
  const auto bytes = BytesByMaker(*task.build);
  const auto made_by = [&bytes](const WorkerPool::Member& member) {
    const auto found = bytes.find(member.view->info.name());
    return found == bytes.end() ? 0 : found->second;
  };
  const int64_t own = made_by(worker);
  const Fit fit = worker.kind->FitFor(*task.demand);
  const std::string_view failed = LastFailedOn(task);
  return std::none_of(
      pool.members().begin(), pool.members().end(), [&](const auto& entry) {
        const auto& [name, member] = entry;
        return member.view->ready() && name != failed &&
               member.kind->FitFor(*task.demand) == fit &&
               !AccusedBy(task).contains(name) && made_by(member) < own;
      });
}

// Returns whether another ready worker that fits as well has or had a task that
// fetches something in common with this one, and this worker has not: what is
// in that worker's cache need not come from upstream again.
bool IsFetchedElsewhere(const TaskEntry& task, const WorkerPool& pool,
                        const WorkerPool::Member& worker) {
  if (task.fetch_group == 0) return false;
  const Fit fit = worker.kind->FitFor(*task.demand);
  const std::string_view failed = LastFailedOn(task);
  bool elsewhere = false;
  for (const TaskEntry* other : task.build->TasksOf(task.phase)) {
    if (other->fetch_group != task.fetch_group || other->copy) continue;
    const std::string* name = other->made_by;
    if (other->lease != nullptr) name = &other->lease->worker;
    if (name == nullptr || *name == failed) continue;
    if (*name == worker.view->info.name()) return false;
    const auto member = pool.members().find(*name);
    elsewhere |= member != pool.members().end() &&
                 member->second.view->ready() &&
                 member->second.kind->FitFor(*task.demand) == fit &&
                 !IsForOthers(*task.demand, member->second);
  }
  return elsewhere;
}

// Returns whether a ready worker other than this one may take the task, and
// fits as well.
bool MayAnotherTake(const TaskEntry& task, const WorkerPool& pool,
                    const WorkerPool::Member& worker) {
  const Fit fit = worker.kind->FitFor(*task.demand);
  if (AccusedBy(task).empty()) return pool.CountReady(*task.demand, fit) > 1;
  std::set<std::string> others = AccusedBy(task);
  others.insert(worker.view->info.name());
  return pool.AnyReadyBut(others, *task.demand, fit);
}

// Returns whether the worker may take this task. One that has just failed on it
// goes to another worker, where another fits as well.
bool MayTake(const TaskEntry& task, const WorkerPool& pool,
             const WorkerPool::Member& worker) {
  if (AccusedBy(task).contains(worker.view->info.name()) ||
      (LastFailedOn(task) == worker.view->info.name() &&
       MayAnotherTake(task, pool, worker))) {
    return false;
  }
  return IsIndependentEnough(task, pool, worker) &&
         !IsFetchedElsewhere(task, pool, worker);
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
    if (IsForOthers(*demand, worker)) {
      best.for_others = true;
      continue;
    }
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
  if (shares_.size() > 2 * pool.kinds().size()) {
    std::erase_if(shares_, [&pool](const auto& share) {
      return !pool.kinds().contains(share.first);
    });
  }
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

// SPDX-License-Identifier: Apache-2.0
// The changes of State that take back what others made.

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/core/base/phases.h"
#include "coordinator/core/base/words.h"
#include "coordinator/core/state/build_log.h"
#include "coordinator/core/state/state.h"
#include "coordinator/core/state/state_internal.h"

namespace kso::coordinator {

absl::Status State::Reopen(absl::Time time, const v1::TasksReopened& change) {
  BuildEntry* build = nullptr;
  KSO_RETURN_IF_ERROR(FindForChange(change.build_id(), &build));
  std::vector<v1::Phase> later;
  for (const auto& [phase, tasks] : build->tasks) {
    if (ComesAfter(phase, change.phase())) later.push_back(phase);
    if (!ComesAfter(change.phase(), phase) && build->counts[phase].leased > 0) {
      return DoesNotFit("tasks run in build", change.build_id());
    }
  }
  for (const v1::Phase phase : later) DropTasks(*build, phase);
  build->images.clear();
  build->verifications.clear();
  build->phase = change.phase();
  ++build->reopened;
  AddEvent(*build, time, v1::Event::WARNING, nullptr, "",
           absl::StrCat(change.reason(), "; back to ",
                        PhaseInWords(change.phase())));
  for (const std::string& id : change.task_ids()) {
    TaskEntry* task = FindTaskForChange(id);
    if (task == nullptr || task->phase != change.phase() ||
        task->state != TaskState::kDone) {
      return DoesNotFit("no task that is done", id);
    }
    task->SetResult({});
    Renew(*task);
    AddEvent(*build, time, v1::Event::WARNING, task, "",
             task->Task().name() + ": made again");
  }
  return absl::OkStatus();
}

absl::Status State::Prune(const v1::BuildPruned& change) {
  const auto found = builds_.find(change.build_id());
  if (found == builds_.end() || found->second.running()) {
    return DoesNotFit("no ended build", change.build_id());
  }
  std::vector<v1::Phase> phases;
  for (const auto& [phase, tasks] : found->second.tasks)
    phases.push_back(phase);
  for (const v1::Phase phase : phases) DropTasks(found->second, phase);
  builds_.erase(found);
  return absl::OkStatus();
}

void State::ForgetWork(BuildEntry& build) {
  build.ForgetLists();
  for (const v1::Phase phase : {v1::RESOLVE, v1::VERIFY}) {
    const PhaseCounts counts = build.CountsOf(phase);
    DropTasks(build, phase);
    build.counts[phase] = counts;
  }
}

void State::DropTasks(BuildEntry& build, v1::Phase phase) {
  for (TaskEntry* task : build.TasksOf(phase)) {
    index_.Remove(*task);
    // The key is in what goes.
    tasks_.erase(tasks_.find(task->id));
  }
  build.tasks.erase(phase);
  build.counts.erase(phase);
}

}  // namespace kso::coordinator

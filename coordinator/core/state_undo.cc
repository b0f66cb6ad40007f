// The changes of State that take back what others made.

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/core/build_log.h"
#include "coordinator/core/state.h"
#include "coordinator/core/state_internal.h"
#include "coordinator/core/words.h"

namespace kso::coordinator {

absl::Status State::Reopen(absl::Time time, const v1::TasksReopened& change) {
  BuildEntry* build = nullptr;
  KSO_RETURN_IF_ERROR(FindForChange(change.build_id(), &build));
  std::vector<v1::Phase> later;
  for (const auto& [phase, ids] : build->tasks) {
    if (phase > change.phase()) later.push_back(phase);
    if (phase >= change.phase() && build->counts[phase].leased > 0) {
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
    const auto found = tasks_.find(id);
    if (found == tasks_.end() || found->second.phase != change.phase() ||
        found->second.state != TaskState::kDone) {
      return DoesNotFit("no task that is done", id);
    }
    TaskEntry& task = found->second;
    task.infrastructure_failures = 0;
    task.transient_failures = 0;
    task.rate_limit_failures = 0;
    task.result.Clear();
    SetState(*build, task, TaskState::kRunnable);
    AddEvent(*build, time, v1::Event::WARNING, &task, "",
             task.task.name() + ": made again");
  }
  return absl::OkStatus();
}

absl::Status State::Prune(const v1::BuildPruned& change) {
  const auto found = builds_.find(change.build_id());
  if (found == builds_.end() || found->second.running()) {
    return DoesNotFit("no ended build", change.build_id());
  }
  std::vector<v1::Phase> phases;
  for (const auto& [phase, ids] : found->second.tasks) phases.push_back(phase);
  for (const v1::Phase phase : phases) DropTasks(found->second, phase);
  builds_.erase(found);
  return absl::OkStatus();
}

void State::DropTasks(BuildEntry& build, v1::Phase phase) {
  for (const std::string& id : build.tasks[phase]) {
    const auto found = tasks_.find(id);
    const TaskEntry& task = found->second;
    if (task.state == TaskState::kRunnable) {
      build.runnable[PlatformInWords(task.task.platform())].erase(
          KeyOf(task.task));
      delayed_.erase({task.not_before, id});
    }
    tasks_.erase(found);
  }
  build.tasks.erase(phase);
  build.counts.erase(phase);
}

}  // namespace kso::coordinator

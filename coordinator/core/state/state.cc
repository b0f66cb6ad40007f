// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/state.h"

#include "common/base/proto_time.h"
#include "common/base/strings.h"

namespace kso::coordinator {

const BuildEntry* State::FindBuild(std::string_view build_id) const {
  const auto found = builds_.find(build_id);
  return found == builds_.end() ? nullptr : &found->second;
}

const TaskEntry* State::FindTask(std::string_view task_id) const {
  const auto found = tasks_.find(ToAbsl(task_id));
  return found == tasks_.end() ? nullptr : found->second.get();
}

const TaskEntry* State::FindLease(std::string_view lease_id) const {
  const auto found = index_.leases().find(lease_id);
  return found == index_.leases().end() ? nullptr : found->second;
}

std::vector<const TaskEntry*> State::SharersOf(const TaskEntry& leased) const {
  std::vector<const TaskEntry*> sharers;
  for (const TaskEntry* twin : index_.TwinsOf(leased)) {
    if (twin->state == TaskState::kRunnable) sharers.push_back(twin);
  }
  return sharers;
}

absl::Status State::Apply(const v1::JournalRecord& record) {
  const absl::Time time = FromProto(record.time());
  switch (record.change_case()) {
    case v1::JournalRecord::kBuildSubmitted:
      return Submit(time, record.build_submitted());
    case v1::JournalRecord::kTasksAdded:
      return AddTasks(time, record.tasks_added());
    case v1::JournalRecord::kLeaseGranted:
      return Grant(time, record.lease_granted());
    case v1::JournalRecord::kTaskFinished:
      return Finish(time, record.task_finished());
    case v1::JournalRecord::kTaskShared:
      return Share(time, record.task_shared());
    case v1::JournalRecord::kTaskFailed:
      return Fail(time, record.task_failed());
    case v1::JournalRecord::kTaskRequeued:
      return Requeue(time, record.task_requeued());
    case v1::JournalRecord::kPlanMade:
      return Plan(time, record.plan_made());
    case v1::JournalRecord::kContentJudged:
      return Judged(time, record.content_judged());
    case v1::JournalRecord::kImagesAssembled:
      return Assembled(time, record.images_assembled());
    case v1::JournalRecord::kPhaseEntered:
      return EnterPhase(time, record.phase_entered());
    case v1::JournalRecord::kBuildEnded:
      return End(time, record.build_ended());
    case v1::JournalRecord::kBuildRetried:
      return Retry(time, record.build_retried());
    case v1::JournalRecord::kTasksReopened:
      return Reopen(time, record.tasks_reopened());
    case v1::JournalRecord::kBuildPruned:
      return Prune(record.build_pruned());
    case v1::JournalRecord::kBuildPrioritized:
      return Prioritize(time, record.build_prioritized());
    case v1::JournalRecord::kBuildInterrupted:
      return Interrupt(time, record.build_interrupted());
    case v1::JournalRecord::kWorkerDrained:
      drains_[record.worker_drained().worker()] =
          record.worker_drained().session();
      return absl::OkStatus();
    case v1::JournalRecord::kWorkerUndrained:
      drains_.erase(record.worker_undrained().worker());
      return absl::OkStatus();
    case v1::JournalRecord::kWorkerDistrusted:
      distrusted_[record.worker_distrusted().worker()] =
          record.worker_distrusted().reason();
      return absl::OkStatus();
    case v1::JournalRecord::kWorkerTrusted:
      distrusted_.erase(record.worker_trusted().worker());
      return absl::OkStatus();
    case v1::JournalRecord::kDestinationChecked:
      return Check(time, record.destination_checked());
    case v1::JournalRecord::kLayerRemembered:
    case v1::JournalRecord::kReleaseRemembered:
    case v1::JournalRecord::kImageRemembered:
    case v1::JournalRecord::kVerificationRemembered:
    case v1::JournalRecord::kMemoryForgotten:
      memo_.Apply(record);
      return absl::OkStatus();
    case v1::JournalRecord::CHANGE_NOT_SET:
      break;
  }
  return absl::DataLossError("the journal has a record of an unknown kind");
}

absl::Status State::DoesNotFit(std::string_view what, std::string_view id) {
  return absl::DataLossError(
      Concat("the journal does not fit together: ", what, " \"", id, "\""));
}

absl::StatusOr<BuildEntry*> State::FindForChange(std::string_view build_id) {
  const auto found = builds_.find(build_id);
  if (found == builds_.end()) return DoesNotFit("no build", build_id);
  ++found->second.revision;
  found->second.interruptions = 0;
  return &found->second;
}

TaskEntry* State::FindTaskForChange(std::string_view task_id) {
  const auto found = tasks_.find(ToAbsl(task_id));
  return found == tasks_.end() ? nullptr : found->second.get();
}

absl::StatusOr<TaskEntry*> State::FindLeased(std::string_view task_id,
                                             std::string_view lease_id) {
  TaskEntry* const task = FindTaskForChange(task_id);
  if (task == nullptr) return DoesNotFit("no task", task_id);
  if (task->state != TaskState::kLeased || task->lease->lease_id != lease_id) {
    return DoesNotFit("no lease", lease_id);
  }
  return task;
}

}  // namespace kso::coordinator

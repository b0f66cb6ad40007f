// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/state.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "common/base/status_macros.h"
#include "coordinator/core/base/words.h"
#include "coordinator/core/state/build_log.h"
#include "coordinator/core/state/state_internal.h"

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
    case v1::JournalRecord::kWorkerDrained:
      drains_[record.worker_drained().worker()] =
          record.worker_drained().session();
      return absl::OkStatus();
    case v1::JournalRecord::kWorkerUndrained:
      drains_.erase(record.worker_undrained().worker());
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

absl::Status State::Submit(absl::Time time, const v1::BuildSubmitted& change) {
  const auto [entry, added] = builds_.try_emplace(change.build_id());
  if (!added) return DoesNotFit("a second build", change.build_id());
  BuildEntry& build = entry->second;
  build.build_id = change.build_id();
  build.number = ++last_number_;
  build.SetRelease(change.release());
  build.plan_only = change.plan_only();
  build.fresh = change.fresh();
  build.priority = change.priority();
  build.created = time;
  build.revision = 1;
  running_[build.number] = &build;
  AddEvent(build, time, v1::Event::INFO, nullptr, "", SubmittedInWords(build));
  return absl::OkStatus();
}

absl::Status State::AddTasks(absl::Time time, const v1::TasksAdded& change) {
  BuildEntry* build = nullptr;
  KSO_RETURN_IF_ERROR(FindForChange(change.build_id(), &build));
  std::vector<TaskEntry*>& tasks = build->tasks[change.phase()];
  tasks.reserve(tasks.size() + change.tasks_size());
  for (const v1::Task& task : change.tasks()) {
    if (FindTask(task.task_id()) != nullptr) {
      return DoesNotFit("a second task", task.task_id());
    }
    auto entry = std::make_unique<TaskEntry>();
    entry->id = task.task_id();
    entry->build = build;
    entry->demand = DemandOf(task);
    entry->number = ++last_task_number_;
    entry->phase = change.phase();
    entry->SetTask(task);
    tasks.push_back(entry.get());
    ++build->counts[change.phase()].total;
    TaskEntry& added = *entry;
    tasks_.emplace(added.id, std::move(entry));
    if (const auto reused = change.reused().find(task.task_id());
        reused != change.reused().end()) {
      Reuse(time, added, reused->second);
    } else {
      index_.Update(added);
    }
  }
  if (change.phase() == v1::RESOLVE && !change.reused().empty()) {
    AddEvent(*build, time, v1::Event::INFO, nullptr, "",
             KnownFilesInWords(change.reused_size()));
  }
  return absl::OkStatus();
}

absl::Status State::Grant(absl::Time time, const v1::LeaseGranted& change) {
  TaskEntry* task = FindTaskForChange(change.task_id());
  if (task == nullptr) return DoesNotFit("no task", change.task_id());
  if (task->state != TaskState::kRunnable ||
      FindLease(change.lease_id()) != nullptr) {
    return DoesNotFit("a lease of a task that cannot run", change.task_id());
  }
  task->lease = std::make_unique<LeaseEntry>(
      LeaseEntry{change.lease_id(), change.worker(), change.session(), time,
                 FromProto(change.deadline())});
  ++task->attempts;
  SetState(*task, TaskState::kLeased);
  if (task->phase == v1::LAYERS || task->phase == v1::VERIFY) {
    AddEvent(
        *task->build, time, v1::Event::INFO, task, change.worker(),
        absl::StrCat(
            task->Task().name(), ": started",
            task->attempts > 1 ? absl::StrCat(", try ", task->attempts) : ""));
  }
  return absl::OkStatus();
}

absl::Status State::Finish(absl::Time time, const v1::TaskFinished& change) {
  TaskEntry* task = nullptr;
  KSO_RETURN_IF_ERROR(FindLeased(change.task_id(), change.lease_id(), &task));
  const absl::Duration took = time - task->lease->granted;
  MarkDone(time, *task, change.worker(), change.result(),
           DurationInWords(took));
  return absl::OkStatus();
}

absl::Status State::Share(absl::Time time, const v1::TaskShared& change) {
  TaskEntry* task = FindTaskForChange(change.task_id());
  if (task == nullptr || task->state != TaskState::kRunnable) {
    return DoesNotFit("no task that waits", change.task_id());
  }
  MarkDone(time, *task, change.worker(), change.result(),
           "shared with build " + change.from_build_id());
  return absl::OkStatus();
}

void State::MarkDone(absl::Time time, TaskEntry& task,
                     const std::string& worker, const v1::TaskResult& result,
                     absl::string_view how) {
  BuildEntry& build = *task.build;
  task.SetResult(result);
  SetState(task, TaskState::kDone);
  // To verify an image, it is read back from the destination.
  if (task.phase != v1::VERIFY) build.bytes_fetched += result.bytes_fetched();
  build.bytes_pushed += result.bytes_pushed();
  if (task.phase == v1::RESOLVE) {
    if (build.counts[v1::RESOLVE].AllDone()) {
      AddEvent(build, time, v1::Event::INFO, nullptr, "",
               ResolvedInWords(build));
    }
    return;
  }
  const v1::Task content = task.Task();
  AddEvent(build, time, v1::Event::INFO, &task, worker,
           DoneInWords(content, result, how));
  if (result.has_verified_image()) {
    AddVerification(build, content, result.verified_image(), worker, "");
  }
}

absl::Status State::Fail(absl::Time time, const v1::TaskFailed& change) {
  TaskEntry* task = nullptr;
  KSO_RETURN_IF_ERROR(FindLeased(change.task_id(), change.lease_id(), &task));
  task->mutable_trouble().failure = change.failure();
  task->mutable_trouble().last_worker = change.worker();
  SetState(*task, TaskState::kFailed);
  AddEvent(*task->build, time, v1::Event::ERROR, task, change.worker(),
           absl::StrCat(task->Task().name(),
                        " failed: ", FailureInWords(change.failure())));
  return absl::OkStatus();
}

absl::Status State::Requeue(absl::Time time, const v1::TaskRequeued& change) {
  TaskEntry* task = nullptr;
  KSO_RETURN_IF_ERROR(FindLeased(change.task_id(), change.lease_id(), &task));
  const absl::Time not_before = FromProto(change.not_before());
  Trouble& trouble = task->mutable_trouble();
  trouble.last_worker = change.worker();
  trouble.last_reason = change.failure().reason();
  trouble.not_before = not_before;
  // What holds this one up holds up those that are identical.
  for (TaskEntry* twin : index_.TwinsOf(*task)) {
    if (not_before <= twin->trouble_or_none().not_before) continue;
    twin->mutable_trouble().not_before = not_before;
    twin->mutable_trouble().last_reason = change.failure().reason();
  }
  SetState(*task, TaskState::kRunnable);
  const std::string name = task->Task().name();
  if (!change.has_failure()) {
    AddEvent(*task->build, time, v1::Event::INFO, task, change.worker(),
             absl::StrCat(name, ": handed back by ", change.worker()));
    return absl::OkStatus();
  }
  ++(change.failure().kind() == v1::Failure::INFRASTRUCTURE
         ? trouble.infrastructure_failures
     : change.failure().rate_limited() ? trouble.rate_limit_failures
                                       : trouble.transient_failures);
  std::string text = absl::StrCat(name, ": ", FailureInWords(change.failure()));
  absl::StrAppend(&text, not_before > time
                             ? absl::StrCat("; tried again in ",
                                            DurationInWords(not_before - time))
                             : "; task returned to the queue");
  AddEvent(*task->build, time, v1::Event::WARNING, task, change.worker(),
           std::move(text));
  return absl::OkStatus();
}

absl::Status State::Plan(absl::Time time, const v1::PlanMade& change) {
  BuildEntry* build = nullptr;
  KSO_RETURN_IF_ERROR(FindForChange(change.build_id(), &build));
  build->planned = true;
  build->destination.reset();
  const v1::PlanSummary& plan = change.summary();
  build->plan.Set(plan);
  build->planned_images = {change.images().begin(), change.images().end()};
  for (const std::string& missing : plan.missing_platforms()) {
    AddEvent(*build, time, v1::Event::WARNING, nullptr, "",
             missing + ", as the release allows");
  }
  AddEvent(*build, time, v1::Event::INFO, nullptr, "", PlanInWords(plan));
  return absl::OkStatus();
}

absl::Status State::Assembled(absl::Time time,
                              const v1::ImagesAssembled& change) {
  BuildEntry* build = nullptr;
  KSO_RETURN_IF_ERROR(FindForChange(change.build_id(), &build));
  build->images = {change.images().begin(), change.images().end()};
  for (const v1::ImageResult& image : build->images) {
    AddEvent(*build, time, v1::Event::INFO, nullptr, "",
             absl::StrCat(image.name(), " assembled: ", image.repository(), "@",
                          image.index().digest()));
  }
  return absl::OkStatus();
}

absl::Status State::EnterPhase(absl::Time time,
                               const v1::PhaseEntered& change) {
  BuildEntry* build = nullptr;
  KSO_RETURN_IF_ERROR(FindForChange(change.build_id(), &build));
  build->phase = change.phase();
  AddEvent(*build, time, v1::Event::INFO, nullptr, "",
           "phase " + PhaseInWords(build->phase));
  return absl::OkStatus();
}

absl::Status State::End(absl::Time time, const v1::BuildEnded& change) {
  BuildEntry* build = nullptr;
  KSO_RETURN_IF_ERROR(FindForChange(change.build_id(), &build));
  build->state = change.state();
  build->ended = time;
  build->failures = {change.failures().begin(), change.failures().end()};
  // What the log has said already.
  std::set<std::string> said;
  for (const auto& [phase, tasks] : build->tasks) {
    for (TaskEntry* task : tasks) {
      if (task->state == TaskState::kFailed) {
        said.insert(FailureInWords(task->trouble_or_none().failure));
      }
      SetState(*task, task->state == TaskState::kLeased ? TaskState::kRunnable
                                                        : task->state);
    }
  }
  if (build->state == v1::Build::SUCCEEDED) ForgetWork(*build);
  running_.erase(build->number);
  for (const v1::Failure& failure : build->failures) {
    const std::string text = FailureInWords(failure);
    if (said.contains(text)) continue;
    AddEvent(*build, time, v1::Event::ERROR, nullptr, "", text);
  }
  AddEvent(*build, time, EndLevel(*build), nullptr, "", EndInWords(*build));
  return absl::OkStatus();
}

absl::Status State::Retry(absl::Time time, const v1::BuildRetried& change) {
  BuildEntry* build = nullptr;
  KSO_RETURN_IF_ERROR(FindForChange(change.build_id(), &build));
  // A plan may have failed for what was resolved, so upstream is looked at
  // anew.
  const bool resolve_anew =
      build->phase == v1::RESOLVE || build->phase == v1::CHECK;
  if (resolve_anew) {
    build->phase = v1::RESOLVE;
    build->destination.reset();
  }
  build->state = v1::Build::RUNNING;
  build->reopened = 0;
  build->ended = absl::InfinitePast();
  build->failures.clear();
  running_[build->number] = build;
  for (TaskEntry* task : build->TasksOf(build->phase)) {
    if (task->state == TaskState::kDone && !resolve_anew) continue;
    Renew(*task);
  }
  AddEvent(*build, time, v1::Event::INFO, nullptr, "",
           "retried from " + PhaseInWords(build->phase));
  return absl::OkStatus();
}

absl::Status State::FindForChange(std::string_view build_id,
                                  BuildEntry** build) {
  const auto found = builds_.find(build_id);
  if (found == builds_.end()) return DoesNotFit("no build", build_id);
  *build = &found->second;
  ++(*build)->revision;
  return absl::OkStatus();
}

absl::Status State::FindLeased(const std::string& task_id,
                               const std::string& lease_id, TaskEntry** task) {
  *task = FindTaskForChange(task_id);
  if (*task == nullptr) return DoesNotFit("no task", task_id);
  if ((*task)->state != TaskState::kLeased ||
      (*task)->lease->lease_id != lease_id) {
    return DoesNotFit("no lease", lease_id);
  }
  return absl::OkStatus();
}

TaskEntry* State::FindTaskForChange(std::string_view task_id) {
  const auto found = tasks_.find(ToAbsl(task_id));
  return found == tasks_.end() ? nullptr : found->second.get();
}

const Demand* State::DemandOf(const v1::Task& task) {
  return &*demands_
               .insert({task.platform(), PlatformInWords(task.platform()),
                        task.must_execute(), HostsOf(task)})
               .first;
}

void State::Renew(TaskEntry& task) {
  task.trouble.reset();
  SetState(task, TaskState::kRunnable);
}

void State::SetState(TaskEntry& task, TaskState state) {
  ++task.build->revision;
  ChangeCount(task, -1);
  task.state = state;
  ChangeCount(task, 1);
  index_.Update(task);
  if (state != TaskState::kLeased) task.lease.reset();
}

void State::ChangeCount(const TaskEntry& task, int by) {
  PhaseCounts& counts = task.build->counts[task.phase];
  if (task.state == TaskState::kDone) counts.done += by;
  if (task.state == TaskState::kLeased) counts.leased += by;
  if (task.state == TaskState::kFailed) counts.failed += by;
}

}  // namespace kso::coordinator

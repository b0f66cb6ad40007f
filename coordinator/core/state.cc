#include "coordinator/core/state.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "common/base/status_macros.h"
#include "coordinator/core/build_log.h"
#include "coordinator/core/state_internal.h"
#include "coordinator/core/words.h"

namespace kso::coordinator {
PhaseCounts BuildEntry::CountsOf(v1::Phase of) const {
  const auto found = counts.find(of);
  return found == counts.end() ? PhaseCounts() : found->second;
}

const BuildEntry* State::FindBuild(std::string_view build_id) const {
  const auto found = builds_.find(build_id);
  return found == builds_.end() ? nullptr : &found->second;
}

const TaskEntry* State::FindTask(std::string_view task_id) const {
  const auto found = tasks_.find(task_id);
  return found == tasks_.end() ? nullptr : &found->second;
}

const TaskEntry* State::FindLease(std::string_view lease_id) const {
  const auto found = leases_.find(lease_id);
  return found == leases_.end() ? nullptr : FindTask(found->second);
}

const std::set<std::string>& State::LeasesOf(std::string_view worker) const {
  static const auto* const kNone = new std::set<std::string>();
  const auto found = worker_leases_.find(worker);
  return found == worker_leases_.end() ? *kNone : found->second;
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
    case v1::JournalRecord::kTaskShared:
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
  build.release = change.release();
  build.plan_only = change.plan_only();
  build.fresh = change.fresh();
  build.created = time;
  build.revision = 1;
  running_[build.number] = &build;
  AddEvent(build, time, v1::Event::INFO, nullptr, "", SubmittedInWords(build));
  return absl::OkStatus();
}

absl::Status State::AddTasks(absl::Time time, const v1::TasksAdded& change) {
  BuildEntry* build = nullptr;
  KSO_RETURN_IF_ERROR(FindForChange(change.build_id(), &build));
  for (const v1::Task& task : change.tasks()) {
    const auto [entry, added] = tasks_.try_emplace(task.task_id());
    if (!added) return DoesNotFit("a second task", task.task_id());
    entry->second.task = task;
    entry->second.task.set_build_id(build->build_id);
    entry->second.phase = change.phase();
    build->tasks[change.phase()].push_back(task.task_id());
    ++build->counts[change.phase()].total;
    build->runnable[PlatformInWords(task.platform())].insert(KeyOf(task));
    if (const auto reused = change.reused().find(task.task_id());
        reused != change.reused().end()) {
      Reuse(time, *build, entry->second, reused->second);
    }
  }
  return absl::OkStatus();
}

absl::Status State::Grant(absl::Time time, const v1::LeaseGranted& change) {
  const auto found = tasks_.find(change.task_id());
  if (found == tasks_.end()) return DoesNotFit("no task", change.task_id());
  TaskEntry& task = found->second;
  BuildEntry* build = nullptr;
  KSO_RETURN_IF_ERROR(FindForChange(task.task.build_id(), &build));
  if (task.state != TaskState::kRunnable ||
      leases_.contains(change.lease_id())) {
    return DoesNotFit("a lease of a task that cannot run", change.task_id());
  }
  task.lease = {change.lease_id(), change.worker(), change.session(), time,
                FromProto(change.deadline())};
  ++task.attempts;
  SetState(*build, task, TaskState::kLeased);
  if (task.phase == v1::LAYERS || task.phase == v1::VERIFY) {
    AddEvent(
        *build, time, v1::Event::INFO, &task, change.worker(),
        absl::StrCat(
            task.task.name(), ": started",
            task.attempts > 1 ? absl::StrCat(", try ", task.attempts) : ""));
  }
  return absl::OkStatus();
}

absl::Status State::Finish(absl::Time time, const v1::TaskFinished& change) {
  TaskEntry* task = nullptr;
  BuildEntry* build = nullptr;
  KSO_RETURN_IF_ERROR(
      FindLeased(change.task_id(), change.lease_id(), &task, &build));
  const absl::Duration took = time - task->lease.granted;
  SetState(*build, *task, TaskState::kDone);
  task->result = change.result();
  task->done_by = change.worker();
  // To verify an image, it is read back from the destination.
  if (task->phase != v1::VERIFY) {
    build->bytes_fetched += change.result().bytes_fetched();
  }
  build->bytes_pushed += change.result().bytes_pushed();
  if (task->phase == v1::RESOLVE) {
    if (build->counts[v1::RESOLVE].AllDone()) {
      AddEvent(*build, time, v1::Event::INFO, nullptr, "",
               ResolvedInWords(*build));
    }
    return absl::OkStatus();
  }
  AddEvent(*build, time, v1::Event::INFO, task, change.worker(),
           DoneInWords(*task, took));
  if (change.result().has_verified_image()) AddVerification(*build, *task, "");
  return absl::OkStatus();
}

absl::Status State::Fail(absl::Time time, const v1::TaskFailed& change) {
  TaskEntry* task = nullptr;
  BuildEntry* build = nullptr;
  KSO_RETURN_IF_ERROR(
      FindLeased(change.task_id(), change.lease_id(), &task, &build));
  SetState(*build, *task, TaskState::kFailed);
  task->failure = change.failure();
  task->last_worker = change.worker();
  AddEvent(*build, time, v1::Event::ERROR, task, change.worker(),
           absl::StrCat(task->task.name(),
                        " failed: ", FailureInWords(change.failure())));
  return absl::OkStatus();
}

absl::Status State::Requeue(absl::Time time, const v1::TaskRequeued& change) {
  TaskEntry* task = nullptr;
  BuildEntry* build = nullptr;
  KSO_RETURN_IF_ERROR(
      FindLeased(change.task_id(), change.lease_id(), &task, &build));
  task->last_worker = change.worker();
  task->last_reason = change.failure().reason();
  SetState(*build, *task, TaskState::kRunnable, FromProto(change.not_before()));
  if (!change.has_failure()) {
    AddEvent(
        *build, time, v1::Event::INFO, task, change.worker(),
        absl::StrCat(task->task.name(), ": handed back by ", change.worker()));
    return absl::OkStatus();
  }
  ++(change.failure().kind() == v1::Failure::INFRASTRUCTURE
         ? task->infrastructure_failures
     : change.failure().rate_limited() ? task->rate_limit_failures
                                       : task->transient_failures);
  std::string text =
      absl::StrCat(task->task.name(), ": ", FailureInWords(change.failure()));
  absl::StrAppend(&text,
                  task->not_before > time
                      ? absl::StrCat("; tried again in ",
                                     DurationInWords(task->not_before - time))
                      : "; task returned to the queue");
  AddEvent(*build, time, v1::Event::WARNING, task, change.worker(),
           std::move(text));
  return absl::OkStatus();
}

absl::Status State::Plan(absl::Time time, const v1::PlanMade& change) {
  BuildEntry* build = nullptr;
  KSO_RETURN_IF_ERROR(FindForChange(change.build_id(), &build));
  build->planned = true;
  build->destination.reset();
  build->plan = change.summary();
  build->planned_images = {change.images().begin(), change.images().end()};
  for (const std::string& missing : build->plan.missing_platforms()) {
    AddEvent(*build, time, v1::Event::WARNING, nullptr, "",
             missing + ", as the release allows");
  }
  AddEvent(*build, time, v1::Event::INFO, nullptr, "",
           PlanInWords(build->plan));
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
  // What the log has said already.
  std::set<std::string> said;
  for (const auto& [phase, ids] : build->tasks) {
    for (const std::string& id : ids) {
      TaskEntry& task = tasks_.find(id)->second;
      if (task.state == TaskState::kLeased) {
        SetState(*build, task, TaskState::kRunnable);
      } else if (task.state == TaskState::kFailed) {
        said.insert(FailureInWords(task.failure));
      }
    }
  }
  build->state = change.state();
  build->ended = time;
  build->failures = {change.failures().begin(), change.failures().end()};
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
  // The plan may have failed for what was resolved: look at upstream anew.
  const bool resolve_anew = build->phase == v1::RESOLVE;
  if (resolve_anew) build->destination.reset();
  for (const std::string& id : build->tasks[build->phase]) {
    TaskEntry& task = tasks_.find(id)->second;
    if (task.state == TaskState::kDone && !resolve_anew) continue;
    task.infrastructure_failures = 0;
    task.transient_failures = 0;
    task.rate_limit_failures = 0;
    SetState(*build, task, TaskState::kRunnable);
  }
  build->state = v1::Build::RUNNING;
  build->reopened = 0;
  build->ended = absl::InfinitePast();
  build->failures.clear();
  running_[build->number] = build;
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
                               const std::string& lease_id, TaskEntry** task,
                               BuildEntry** build) {
  const auto found = tasks_.find(task_id);
  if (found == tasks_.end()) return DoesNotFit("no task", task_id);
  *task = &found->second;
  if ((*task)->state != TaskState::kLeased ||
      (*task)->lease.lease_id != lease_id) {
    return DoesNotFit("no lease", lease_id);
  }
  return FindForChange((*task)->task.build_id(), build);
}

void State::SetState(BuildEntry& build, TaskEntry& task, TaskState state,
                     absl::Time not_before) {
  const std::string platform = PlatformInWords(task.task.platform());
  ChangeCount(build, task, -1);
  if (task.state == TaskState::kLeased) {
    leases_.erase(task.lease.lease_id);
    const auto worker = worker_leases_.find(task.lease.worker);
    worker->second.erase(task.lease.lease_id);
    if (worker->second.empty()) worker_leases_.erase(worker);
  } else if (task.state == TaskState::kRunnable) {
    build.runnable[platform].erase(KeyOf(task.task));
    delayed_.erase({task.not_before, task.task.task_id()});
  }
  task.state = state;
  task.not_before = not_before;
  ChangeCount(build, task, 1);
  if (state == TaskState::kLeased) {
    leases_[task.lease.lease_id] = task.task.task_id();
    worker_leases_[task.lease.worker].insert(task.lease.lease_id);
  } else if (state == TaskState::kRunnable) {
    build.runnable[platform].insert(KeyOf(task.task));
    if (not_before != absl::InfinitePast()) {
      delayed_.insert({not_before, task.task.task_id()});
    }
  }
}

void State::ChangeCount(BuildEntry& build, const TaskEntry& task, int by) {
  PhaseCounts& counts = build.counts[task.phase];
  if (task.state == TaskState::kDone) counts.done += by;
  if (task.state == TaskState::kLeased) counts.leased += by;
  if (task.state == TaskState::kFailed) counts.failed += by;
}

}  // namespace kso::coordinator

// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "coordinator/core/base/host_trouble.h"
#include "coordinator/core/base/words.h"
#include "coordinator/core/state/build_log.h"
#include "coordinator/core/state/state.h"
#include "coordinator/core/state/task_status.h"

// The effect of the records about tasks and their leases.

namespace kso::coordinator {

namespace {

// The log tells of a cause that many tasks meet no more often than this; what
// waits is told all the time (core/schedule/waiting.h).
constexpr absl::Duration kTellCauseAgain = absl::Minutes(10);

// The weight of a task as it counts in its phase's bytes. The bound keeps the
// sum over all tasks of a build within int64_t.
int64_t CountedBytes(const TaskEntry& task) {
  return std::clamp<int64_t>(task.weight, 0, kLargestContent);
}

}  // namespace

absl::Status State::AddTasks(absl::Time time, const v1::TasksAdded& change) {
  KSO_ASSIGN_OR_RETURN(BuildEntry* const build,
                       FindForChange(change.build_id()));
  CountRecord(*build, change.ByteSizeLong());
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
    PhaseCounts& counts = build->counts[change.phase()];
    ++counts.total;
    counts.bytes += CountedBytes(*entry);
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

// The task is done before it began, with the result of an earlier build.
void State::Reuse(absl::Time time, TaskEntry& task,
                  const v1::ReusedResult& reused) {
  task.SetResult(reused.result());
  SetMaker(task, reused.worker());
  SetState(task, TaskState::kDone);
  task.run.ended = ToRunTime(time);
  task.run.reused = true;
  totals_.set_tasks_reused(totals_.tasks_reused() + 1);
  if (task.phase == v1::RESOLVE) return;
  const v1::Task content = task.UnpackTask();
  CountBlobs(task, content, reused.result());
  if (!reused.result().has_verified_image()) return;
  AddVerification(*task.build, content, reused.result().verified_image(),
                  reused.worker(), reused.build_id());
  AddEvent(*task.build, time, v1::Event::INFO, &task, "",
           absl::StrCat(content.name(), ": the very image was verified in ",
                        "build ", reused.build_id()));
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
  task->run = {.began = ToRunTime(time),
               .worker = NameOfWorker(change.worker())};
  SetState(*task, TaskState::kLeased);
  if (task->phase == v1::LAYERS || task->phase == v1::VERIFY) {
    AddEvent(
        *task->build, time, v1::Event::INFO, task, change.worker(),
        absl::StrCat(
            task->name, ": started",
            task->attempts > 1 ? absl::StrCat(", try ", task->attempts) : ""));
  }
  return absl::OkStatus();
}

absl::Status State::Finish(absl::Time time, const v1::TaskFinished& change) {
  KSO_ASSIGN_OR_RETURN(TaskEntry* const task,
                       FindLeased(change.task_id(), change.lease_id()));
  const absl::Duration took = time - task->lease->granted;
  PhaseTime& phase = task->build->times[task->phase];
  phase.last_task = task->name;
  phase.last_worker = change.worker();
  phase.last_took = took;
  totals_.set_tasks_done(totals_.tasks_done() + 1);
  if (change.result().has_made_layer()) {
    totals_.set_layers_made(totals_.layers_made() + 1);
  }
  totals_.set_bytes_fetched(
      SaturatingAdd(totals_.bytes_fetched(), change.result().bytes_fetched()));
  totals_.set_bytes_pushed(
      SaturatingAdd(totals_.bytes_pushed(), change.result().bytes_pushed()));
  MarkDone(time, *task, change.worker(), change.result(),
           DurationInWords(took));
  return absl::OkStatus();
}

absl::Status State::Share(absl::Time time, const v1::TaskShared& change) {
  TaskEntry* task = FindTaskForChange(change.task_id());
  if (task == nullptr || task->state != TaskState::kRunnable) {
    return DoesNotFit("no task that waits", change.task_id());
  }
  task->run = {.worker = NameOfWorker(change.worker()), .reused = true};
  totals_.set_tasks_reused(totals_.tasks_reused() + 1);
  MarkDone(time, *task, change.worker(), change.result(),
           "shared with build " + change.from_build_id());
  return absl::OkStatus();
}

void State::MarkDone(absl::Time time, TaskEntry& task,
                     const std::string& worker, const v1::TaskResult& result,
                     absl::string_view how) {
  BuildEntry& build = *task.build;
  task.SetResult(result);
  SetMaker(task, worker);
  task.run.ended = ToRunTime(time);
  SetState(task, TaskState::kDone);
  // Bytes that verification reads back from the destination do not count as
  // fetched.
  if (task.phase != v1::VERIFY) {
    build.bytes_fetched =
        SaturatingAdd(build.bytes_fetched, result.bytes_fetched());
  }
  build.bytes_pushed = SaturatingAdd(build.bytes_pushed, result.bytes_pushed());
  CountRecord(build, result.ByteSizeLong());
  if (task.phase == v1::RESOLVE) {
    if (build.counts[v1::RESOLVE].AllDone()) {
      AddEvent(build, time, v1::Event::INFO, nullptr, "",
               ResolvedInWords(build));
    }
    return;
  }
  const v1::Task content = task.UnpackTask();
  CountBlobs(task, content, result);
  AddEvent(build, time, v1::Event::INFO, &task, worker,
           DoneInWords(content, result, how));
  if (result.has_verified_image()) {
    AddVerification(build, content, result.verified_image(), worker, "");
  }
}

void State::AddVerification(BuildEntry& build, const v1::Task& task,
                            const v1::VerifiedImage& result,
                            const std::string& worker,
                            std::string_view verified_in) {
  v1::Verification& verification = build.verifications.emplace_back();
  verification.set_image(task.verify_image().variant());
  *verification.mutable_platform() = task.platform();
  verification.set_worker(worker);
  verification.set_native(result.native());
  *verification.mutable_checks() = result.checks();
  *verification.mutable_missing_fences() = result.missing_fences();
  verification.set_verified_in_build(std::string(verified_in));
}

absl::Status State::Fail(absl::Time time, const v1::TaskFailed& change) {
  KSO_ASSIGN_OR_RETURN(TaskEntry* const task,
                       FindLeased(change.task_id(), change.lease_id()));
  task->mutable_trouble().failure = change.failure();
  task->mutable_trouble().last_worker = change.worker();
  task->run.ended = ToRunTime(time);
  totals_.set_tasks_failed(totals_.tasks_failed() + 1);
  SetState(*task, TaskState::kFailed);
  Cause cause = CauseOf(change.failure());
  // The last try is another line than those before it.
  if (cause.of_host()) cause.key = "given up " + cause.key;
  AddTroubleEvent(time, *task, cause, v1::Event::ERROR, change.worker(),
                  absl::StrCat(task->name, " failed: ",
                               TroubleInWords(task->name, change.failure())));
  return absl::OkStatus();
}

absl::Status State::Requeue(absl::Time time, const v1::TaskRequeued& change) {
  KSO_ASSIGN_OR_RETURN(TaskEntry* const task,
                       FindLeased(change.task_id(), change.lease_id()));
  const absl::Time not_before = FromProto(change.not_before());
  Trouble& trouble = task->mutable_trouble();
  trouble.last_worker = change.worker();
  trouble.last_reason = change.failure().reason();
  if (change.failure().wrong_layers_size() > 0) {
    if (trouble.accuser.empty()) trouble.accuser = change.worker();
    trouble.accused.insert(change.accused().begin(), change.accused().end());
  }
  trouble.last_cause = CauseOf(change.failure());
  trouble.not_before = not_before;
  // Identical tasks would meet the same trouble, so they wait as long; and the
  // result of one is that of all.
  for (TaskEntry* twin : index_.TwinsOf(*task)) {
    if (!trouble.accuser.empty()) {
      twin->mutable_trouble().accuser = trouble.accuser;
      twin->mutable_trouble().accused = trouble.accused;
    }
    if (not_before <= twin->trouble_or_none().not_before) continue;
    twin->mutable_trouble().not_before = not_before;
    twin->mutable_trouble().last_reason = change.failure().reason();
    twin->mutable_trouble().last_cause = trouble.last_cause;
  }
  task->run.ended = ToRunTime(time);
  SetState(*task, TaskState::kRunnable);
  const std::string& name = task->name;
  if (!change.has_failure()) {
    AddEvent(*task->build, time, v1::Event::INFO, task, change.worker(),
             absl::StrCat(name, ": handed back by ", change.worker()));
    return absl::OkStatus();
  }
  ++(change.failure().kind() == v1::Failure::INFRASTRUCTURE
         ? trouble.infrastructure_failures
     : change.failure().rate_limited() ? trouble.rate_limit_failures
                                       : trouble.transient_failures);
  std::string text =
      absl::StrCat(name, ": ", TroubleInWords(name, change.failure()));
  absl::StrAppend(&text, not_before > time
                             ? absl::StrCat("; tried again in ",
                                            DurationInWords(not_before - time))
                             : "; task returned to the queue");
  AddTroubleEvent(time, *task, trouble.last_cause, v1::Event::WARNING,
                  change.worker(), std::move(text));
  return absl::OkStatus();
}

void State::AddTroubleEvent(absl::Time time, TaskEntry& task,
                            const Cause& cause, v1::Event::Level level,
                            std::string_view worker, std::string text) {
  if (cause.of_host()) {
    ToldCause& told = task.build->causes[cause.key];
    told.tasks.insert(task.number);
    if (time < told.told + kTellCauseAgain) return;
    told.told = time;
    if (told.tasks.size() > 1) {
      absl::StrAppend(&text, "; ", told.tasks.size(), " items have met this");
    }
  }
  AddEvent(*task.build, time, level, &task, worker, std::move(text));
}

const Demand* State::DemandOf(const v1::Task& task) {
  return &*demands_
               .insert({task.platform(),
                        PlatformInWords(task.platform()),
                        task.must_execute(),
                        HostsOf(task),
                        {task.not_by().begin(), task.not_by().end()}})
               .first;
}

void State::SetMaker(TaskEntry& task, const std::string& worker) {
  task.made_by = worker.empty() ? nullptr : NameOfWorker(worker);
}

const std::string* State::NameOfWorker(const std::string& worker) {
  return &*worker_names_.insert(worker).first;
}

void State::Renew(TaskEntry& task) {
  task.trouble.reset();
  task.made_by = nullptr;
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
  if (task.state == TaskState::kDone) {
    counts.done += by;
    counts.bytes_done += by * CountedBytes(task);
  }
  if (task.state == TaskState::kLeased) counts.leased += by;
  if (task.state == TaskState::kFailed) counts.failed += by;
}

}  // namespace kso::coordinator

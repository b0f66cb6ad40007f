// SPDX-License-Identifier: Apache-2.0
#include "tests/fault/twin_audit.h"

#include <utility>

#include "common/base/strings.h"

namespace kso::testing {
namespace {

// The work of a task, without its name, its id and its build.
std::string WorkOf(const v1::Task& task) {
  v1::Task work = task;
  work.clear_task_id();
  work.clear_build_id();
  work.clear_name();
  work.clear_weight();
  work.clear_fetch_group();
  if (work.has_resolve_file()) {
    work.mutable_resolve_file()->clear_location();
  } else if (work.has_resolve_image()) {
    work.mutable_resolve_image()->clear_location();
  } else if (work.has_make_layer()) {
    work.mutable_make_layer()->clear_name();
    for (auto& member : *work.mutable_make_layer()->mutable_members()) {
      if (member.has_file()) member.mutable_file()->clear_location();
    }
  }
  return work.SerializeAsString();
}

}  // namespace

template <typename What>
void TwinAudit::ForEachOf(const std::string& build_id, What what) {
  for (auto& [id, entry] : tasks_) {
    if (entry.build_id == build_id) what(entry);
  }
}

void TwinAudit::OnDurable(const v1::JournalRecord& record) {
  switch (record.change_case()) {
    case v1::JournalRecord::kBuildSubmitted:
      running_.insert(record.build_submitted().build_id());
      return;
    case v1::JournalRecord::kTasksAdded:
      return Add(record.tasks_added());
    case v1::JournalRecord::kLeaseGranted:
      return Granted(record.lease_granted().task_id());
    case v1::JournalRecord::kTaskFinished:
      return Finished(record.task_finished().task_id());
    case v1::JournalRecord::kTaskShared:
      return Shared(record.task_shared());
    case v1::JournalRecord::kTaskFailed:
      tasks_[record.task_failed().task_id()].leased = false;
      return;
    case v1::JournalRecord::kTaskRequeued:
      tasks_[record.task_requeued().task_id()].leased = false;
      return;
    case v1::JournalRecord::kBuildEnded:
      running_.erase(record.build_ended().build_id());
      ForEachOf(record.build_ended().build_id(), [](Entry& entry) {
        entry.leased = false;
        entry.owed_by.clear();
      });
      return;
    case v1::JournalRecord::kBuildRetried:
      // A build that resolves anew has finished nothing. In other phases no
      // task finishes twice, which JournalAudit checks.
      running_.insert(record.build_retried().build_id());
      ForEachOf(record.build_retried().build_id(), [](Entry& entry) {
        if (entry.phase == v1::RESOLVE) entry.finished = false;
      });
      return;
    case v1::JournalRecord::kTasksReopened:
      return Reopened(record.tasks_reopened());
    case v1::JournalRecord::kBuildPruned:
      return ForgetBuild(record.build_pruned().build_id());
    default:
      return;
  }
}

void TwinAudit::Add(const v1::TasksAdded& change) {
  for (const v1::Task& task : change.tasks()) {
    Entry entry;
    entry.build_id = change.build_id();
    entry.phase = change.phase();
    entry.work = WorkOf(task);
    entry.finished = change.reused().contains(task.task_id());
    twins_[entry.work].insert(task.task_id());
    tasks_[task.task_id()] = std::move(entry);
  }
}

void TwinAudit::Granted(const std::string& task_id) {
  Entry& task = tasks_[task_id];
  if (!task.owed_by.empty()) {
    findings_.Broken(Concat("leased, and not given the result of ",
                            task.owed_by, ": ", task_id));
  }
  for (const std::string& twin : twins_[task.work]) {
    if (tasks_[twin].leased) {
      findings_.Broken(
          Concat("runs beside the identical ", twin, ": ", task_id));
    }
  }
  task.leased = true;
}

void TwinAudit::Finished(const std::string& task_id) {
  Entry& task = tasks_[task_id];
  task.leased = false;
  task.finished = true;
  for (const std::string& id : twins_[task.work]) {
    Entry& twin = tasks_[id];
    if (!twin.finished && running_.contains(twin.build_id)) {
      twin.owed_by = task_id;
    }
  }
}

void TwinAudit::Shared(const v1::TaskShared& change) {
  Entry& task = tasks_[change.task_id()];
  if (task.owed_by != change.from_task_id()) {
    findings_.Broken(Concat("given the result of ", change.from_task_id(),
                            ", which is not identical: ", change.task_id()));
  }
  task.owed_by.clear();
  task.finished = true;
}

void TwinAudit::Reopened(const v1::TasksReopened& change) {
  for (const std::string& id : change.task_ids()) {
    tasks_[id].finished = false;
    tasks_[id].owed_by.clear();
  }
  std::erase_if(tasks_, [&](const auto& each) {
    const Entry& entry = each.second;
    const bool dropped =
        entry.build_id == change.build_id() && entry.phase > change.phase();
    if (dropped) twins_[entry.work].erase(each.first);
    return dropped;
  });
}

void TwinAudit::ForgetBuild(const std::string& build_id) {
  std::erase_if(tasks_, [&](const auto& each) {
    const bool gone = each.second.build_id == build_id;
    if (gone) twins_[each.second.work].erase(each.first);
    return gone;
  });
}

}  // namespace kso::testing

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/task_index.h"

#include <algorithm>
#include <utility>

namespace kso::coordinator {
namespace {

TimedTask At(absl::Time time, const TaskEntry& task) {
  return {time, task.number, &task};
}

bool IsOpen(const TaskEntry& task) {
  return task.build->running() && (task.state == TaskState::kRunnable ||
                                   task.state == TaskState::kLeased);
}

}  // namespace

Place TaskIndex::PlaceOf(const TaskEntry& task) const {
  if (!IsOpen(task)) return Place::kNowhere;
  if (task.state == TaskState::kLeased) return Place::kLeased;
  if (task.trouble_or_none().not_before > now_) return Place::kDelayed;
  const TaskEntry* leased = groups_.find(task.key)->second.leased;
  return leased == nullptr || leased == &task ? Place::kReady : Place::kShared;
}

void TaskIndex::Update(TaskEntry& task) {
  if (IsOpen(task) && !task.grouped_) Join(task);
  const Place was = task.place_;
  const bool may_move_within = was == Place::kDelayed || was == Place::kShared;
  if (PlaceOf(task) == was && !may_move_within) return;
  Take(task);
  // The place is computed anew, since without its own lease the task may have
  // to wait for that of an identical one.
  const Place place = PlaceOf(task);
  Put(task, place);
  if (was == Place::kLeased || place == Place::kLeased) UpdateOthers(task);
  if (!IsOpen(task) && task.grouped_) Leave(task);
}

void TaskIndex::Remove(TaskEntry& task) {
  const bool leased = task.place_ == Place::kLeased;
  Take(task);
  if (leased) UpdateOthers(task);
  if (task.grouped_) Leave(task);
}

void TaskIndex::AdvanceTo(absl::Time now) {
  now_ = std::max(now_, now);
  while (!delayed_.empty() && std::get<absl::Time>(*delayed_.begin()) <= now_) {
    const TaskEntry* task = std::get<const TaskEntry*>(*delayed_.begin());
    const std::vector<TaskEntry*>& members =
        groups_.find(task->key)->second.members;
    Update(**std::find(members.begin(), members.end(), task));
  }
}

std::vector<TaskEntry*> TaskIndex::TwinsOf(const TaskEntry& task) const {
  std::vector<TaskEntry*> twins;
  const auto group = groups_.find(task.key);
  if (group == groups_.end()) return twins;
  for (TaskEntry* member : group->second.members) {
    if (member != &task) twins.push_back(member);
  }
  return twins;
}

void TaskIndex::UpdateOthers(const TaskEntry& task) {
  for (TaskEntry* twin : TwinsOf(task)) Update(*twin);
}

const std::set<std::string>& TaskIndex::LeasesOf(
    std::string_view worker) const {
  static const auto* const kNone = new std::set<std::string>();
  const auto found = worker_leases_.find(worker);
  return found == worker_leases_.end() ? *kNone : found->second;
}

std::set<std::string> TaskIndex::TakeLeaseChanges() {
  return std::exchange(lease_changes_, {});
}

void TaskIndex::Join(TaskEntry& task) {
  groups_[task.key].members.push_back(&task);
  task.grouped_ = true;
}

void TaskIndex::Leave(TaskEntry& task) {
  const auto group = groups_.find(task.key);
  std::erase(group->second.members, &task);
  if (group->second.members.empty()) groups_.erase(group);
  task.grouped_ = false;
  // The memory that a burst of tasks took is given back when they are finished.
  if (groups_.size() < groups_.capacity() / 16) groups_.rehash(0);
}

void TaskIndex::Put(TaskEntry& task, Place place) {
  task.place_ = place;
  BuildQueue& queue = task.build->queue;
  switch (place) {
    case Place::kNowhere:
      return;
    case Place::kReady:
      queue.ready[task.demand].insert(&task);
      ready_builds_[task.build->number] = task.build;
      return;
    case Place::kDelayed:
      task.delayed_until_ = task.trouble_or_none().not_before;
      queue.delayed.insert(At(task.delayed_until_, task));
      delayed_.insert(At(task.delayed_until_, task));
      return;
    case Place::kShared:
      task.shared_with_build_ =
          groups_.find(task.key)->second.leased->build->number;
      ++queue.shared[task.shared_with_build_];
      return;
    case Place::kLeased:
      return PutLease(task);
  }
}

void TaskIndex::Take(TaskEntry& task) {
  BuildQueue& queue = task.build->queue;
  switch (std::exchange(task.place_, Place::kNowhere)) {
    case Place::kNowhere:
      return;
    case Place::kReady: {
      const auto ready = queue.ready.find(task.demand);
      ready->second.erase(&task);
      if (ready->second.empty()) queue.ready.erase(ready);
      if (queue.ready.empty()) ready_builds_.erase(task.build->number);
      return;
    }
    case Place::kDelayed:
      queue.delayed.erase(At(task.delayed_until_, task));
      delayed_.erase(At(task.delayed_until_, task));
      return;
    case Place::kShared: {
      const auto shared = queue.shared.find(task.shared_with_build_);
      if (--shared->second == 0) queue.shared.erase(shared);
      return;
    }
    case Place::kLeased:
      return TakeLease(task);
  }
}

TaskEntry* TaskIndex::AnyLeased(const Group& group) {
  for (TaskEntry* member : group.members) {
    if (member->place_ == Place::kLeased) return member;
  }
  return nullptr;
}

void TaskIndex::PutLease(TaskEntry& task) {
  const LeaseEntry& lease = *task.lease;
  Group& group = groups_.find(task.key)->second;
  if (group.leased == nullptr) group.leased = &task;
  leases_[lease.lease_id] = &task;
  task.build->queue.leased.insert(&task);
  worker_leases_[lease.worker].insert(lease.lease_id);
  deadlines_.insert(At(lease.deadline, task));
  lease_changes_.insert(lease.worker);
}

void TaskIndex::TakeLease(TaskEntry& task) {
  const LeaseEntry& lease = *task.lease;
  Group& group = groups_.find(task.key)->second;
  if (group.leased == &task) group.leased = AnyLeased(group);
  leases_.erase(lease.lease_id);
  task.build->queue.leased.erase(&task);
  const auto worker = worker_leases_.find(lease.worker);
  worker->second.erase(lease.lease_id);
  if (worker->second.empty()) worker_leases_.erase(worker);
  deadlines_.erase(At(lease.deadline, task));
  lease_changes_.insert(lease.worker);
}

}  // namespace kso::coordinator

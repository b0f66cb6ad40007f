// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_STATE_TASK_INDEX_H_
#define KSO_COORDINATOR_CORE_STATE_TASK_INDEX_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "coordinator/core/state/build_entry.h"
#include "coordinator/core/state/task_entry.h"

namespace kso::coordinator {

// The queues of unfinished tasks of running builds. They are updated with each
// change, so that the cost of a decision grows with what changes and not with
// what there is. All of it can be derived from the tasks. Not thread safe.
//
// Identical tasks are deduplicated: of those with equal keys one at a time is
// leased, and meanwhile the others wait for its result. A journal of a version
// without keys may have several leases of one key: each of them counts.
class TaskIndex {
 public:
  // Moves the task to the queue that it belongs to now. Must be called after
  // each change of the task, or of whether its build runs, while the task still
  // has its lease.
  void Update(TaskEntry& task);
  // Must be called before the task is destroyed.
  void Remove(TaskEntry& task);
  // Makes the delayed tasks ready whose time has come.
  void AdvanceTo(absl::Time now);

  // The builds with ready tasks, by their numbers.
  const std::map<int64_t, const BuildEntry*>& ready_builds() const {
    return ready_builds_;
  }
  // The other unfinished tasks that are identical to this one.
  std::vector<TaskEntry*> TwinsOf(const TaskEntry& task) const;

  // The live leases by their ids.
  const std::map<std::string, const TaskEntry*, std::less<>>& leases() const {
    return leases_;
  }
  const std::set<std::string>& LeasesOf(std::string_view worker) const;
  // The names of the workers whose leases have changed since the last call.
  std::set<std::string> TakeLeaseChanges();
  // The deadlines of leases.
  const std::set<TimedTask>& deadlines() const { return deadlines_; }
  // The times at which delayed tasks become ready.
  const std::set<TimedTask>& delayed() const { return delayed_; }

 private:
  struct Group {
    // A member that is leased; null when none is.
    TaskEntry* leased = nullptr;
    std::vector<TaskEntry*> members;
  };

  Place PlaceOf(const TaskEntry& task) const;
  // A leased member of the group; null when none is.
  static TaskEntry* AnyLeased(const Group& group);
  void Join(TaskEntry& task);
  void Leave(TaskEntry& task);
  void Put(TaskEntry& task, Place place);
  void Take(TaskEntry& task);
  void PutLease(TaskEntry& task);
  void TakeLease(TaskEntry& task);
  void UpdateOthers(const TaskEntry& task);

  absl::Time now_ = absl::InfinitePast();
  absl::flat_hash_map<TaskKey, Group> groups_;
  std::map<int64_t, const BuildEntry*> ready_builds_;
  std::map<std::string, const TaskEntry*, std::less<>> leases_;
  std::map<std::string, std::set<std::string>, std::less<>> worker_leases_;
  std::set<std::string> lease_changes_;
  std::set<TimedTask> deadlines_;
  std::set<TimedTask> delayed_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_TASK_INDEX_H_

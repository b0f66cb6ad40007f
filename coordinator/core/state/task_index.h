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

// Finds the unfinished tasks of running builds by where they stand, so that
// deciding costs what changes and not what there is. Nothing in it is more than
// the tasks themselves say. Not thread safe.
//
// Of tasks with equal keys one at a time is leased; meanwhile the others wait
// for its result. A journal of a version that knew no keys may have leases of
// several: each of them counts.
class TaskIndex {
 public:
  // Puts the task where it belongs now. To be called after each change of the
  // task or of whether its build runs, while its lease is still there.
  void Update(TaskEntry& task);
  // Before the task goes for good.
  void Remove(TaskEntry& task);
  // Delayed tasks whose time has come become ready.
  void AdvanceTo(absl::Time now);

  // Builds with ready tasks, by number.
  const std::map<int64_t, const BuildEntry*>& ready_builds() const {
    return ready_builds_;
  }
  // Unfinished tasks identical to this one, itself left out.
  std::vector<TaskEntry*> TwinsOf(const TaskEntry& task) const;

  // Live leases by id.
  const std::map<std::string, const TaskEntry*, std::less<>>& leases() const {
    return leases_;
  }
  const std::set<std::string>& LeasesOf(std::string_view worker) const;
  // Names of the workers whose leases changed since it was asked last.
  std::set<std::string> TakeLeaseChanges();
  // When leases are over.
  const std::set<TimedTask>& deadlines() const { return deadlines_; }
  // When delayed tasks become ready.
  const std::set<TimedTask>& delayed() const { return delayed_; }

 private:
  struct Group {
    // One that is leased, if any is.
    TaskEntry* leased = nullptr;
    std::vector<TaskEntry*> members;
  };

  Place PlaceOf(const TaskEntry& task) const;
  // Null when none is.
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

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_STATE_STATE_H_
#define KSO_COORDINATOR_CORE_STATE_STATE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "coordinator/core/memory/memo.h"
#include "coordinator/core/state/build_entry.h"
#include "coordinator/core/state/task_entry.h"
#include "coordinator/core/state/task_index.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/journal.pb.h"

namespace kso::coordinator {

// Everything durable that the coordinator knows: what the journal's records,
// applied in order, make of an empty one. Plain data; no clock, no I/O, no
// locks. Not thread safe.
//
// A build goes through phases; each has tasks; a task is runnable, leased to
// one session of a worker, done or failed. A build's log is derived here too,
// so a replay gives the same lines with the same numbers.
class State {
 public:
  // DATA_LOSS when the record does not fit what came before it; the state is of
  // no use then.
  absl::Status Apply(const v1::JournalRecord& record);

  // Null when there is none.
  const BuildEntry* FindBuild(std::string_view build_id) const;
  const TaskEntry* FindTask(std::string_view task_id) const;
  // The task that is leased under this id now.
  const TaskEntry* FindLease(std::string_view lease_id) const;

  const std::map<std::string, BuildEntry, std::less<>>& builds() const {
    return builds_;
  }
  // Builds that have not ended, by number.
  const std::map<int64_t, const BuildEntry*>& running() const {
    return running_;
  }
  // Time goes on: what waited until `now` does not wait any more.
  void AdvanceTo(absl::Time now) { index_.AdvanceTo(now); }

  // Builds with tasks that are ready to be granted, by number.
  const std::map<int64_t, const BuildEntry*>& ready_builds() const {
    return index_.ready_builds();
  }
  // The tasks for which the result of `leased`, which is identical, is as good:
  // also those that wait for a time of their own.
  std::vector<const TaskEntry*> SharersOf(const TaskEntry& leased) const;
  // Live leases by id.
  const std::map<std::string, const TaskEntry*, std::less<>>& leases() const {
    return index_.leases();
  }
  // Lease ids by worker name.
  const std::set<std::string>& LeasesOf(std::string_view worker) const {
    return index_.LeasesOf(worker);
  }
  // The session in which an operator ordered a worker to drain, by its name.
  const std::map<std::string, std::string, std::less<>>& drains() const {
    return drains_;
  }
  // Names of the workers whose leases changed since it was asked last.
  std::set<std::string> TakeLeaseChanges() { return index_.TakeLeaseChanges(); }
  // When leases are over, with their tasks.
  const std::set<TimedTask>& deadlines() const { return index_.deadlines(); }
  // When tasks that are not ready become so.
  const std::set<TimedTask>& delayed() const { return index_.delayed(); }
  // What outlives builds.
  const Memo& memo() const { return memo_; }

 private:
  absl::Status Submit(absl::Time time, const v1::BuildSubmitted& change);
  absl::Status AddTasks(absl::Time time, const v1::TasksAdded& change);
  absl::Status Grant(absl::Time time, const v1::LeaseGranted& change);
  absl::Status Finish(absl::Time time, const v1::TaskFinished& change);
  absl::Status Share(absl::Time time, const v1::TaskShared& change);
  absl::Status Fail(absl::Time time, const v1::TaskFailed& change);
  absl::Status Requeue(absl::Time time, const v1::TaskRequeued& change);
  absl::Status Plan(absl::Time time, const v1::PlanMade& change);
  absl::Status Assembled(absl::Time time, const v1::ImagesAssembled& change);
  absl::Status EnterPhase(absl::Time time, const v1::PhaseEntered& change);
  absl::Status End(absl::Time time, const v1::BuildEnded& change);
  absl::Status Retry(absl::Time time, const v1::BuildRetried& change);
  absl::Status Reopen(absl::Time time, const v1::TasksReopened& change);
  absl::Status Prune(const v1::BuildPruned& change);
  absl::Status Check(absl::Time time, const v1::DestinationChecked& change);

  void Reuse(absl::Time time, TaskEntry& task, const v1::ReusedResult& reused);
  // `verified_in` is empty when the task itself ran.
  static void AddVerification(BuildEntry& build, const v1::Task& task,
                              const v1::VerifiedImage& result,
                              const std::string& worker,
                              std::string_view verified_in);
  // DATA_LOSS: a record does not fit what came before it.
  static absl::Status DoesNotFit(std::string_view what, std::string_view id);
  // The build that a record changes; its revision is counted up. DATA_LOSS when
  // there is none.
  absl::StatusOr<BuildEntry*> FindForChange(std::string_view build_id);
  // DATA_LOSS unless the task is leased under `lease_id`.
  absl::StatusOr<TaskEntry*> FindLeased(std::string_view task_id,
                                        std::string_view lease_id);
  // Null when there is none.
  TaskEntry* FindTaskForChange(std::string_view task_id);
  const Demand* DemandOf(const v1::Task& task);
  void SetState(TaskEntry& task, TaskState state);
  // The task runs again, with full budgets.
  void Renew(TaskEntry& task);
  // The task is done; `how` is for the log.
  void MarkDone(absl::Time time, TaskEntry& task, const std::string& worker,
                const v1::TaskResult& result, absl::string_view how);
  static void ChangeCount(const TaskEntry& task, int by);
  // The build has succeeded, so it cannot be retried, and only its layers are
  // asked for.
  void ForgetWork(BuildEntry& build);
  // Forgets the build's tasks of a phase, none of which is leased.
  void DropTasks(BuildEntry& build, v1::Phase phase);

  int64_t last_number_ = 0;
  std::map<std::string, BuildEntry, std::less<>> builds_;
  // By the id in the entry.
  absl::flat_hash_map<absl::string_view, std::unique_ptr<TaskEntry>> tasks_;
  int64_t last_task_number_ = 0;
  std::set<Demand> demands_;
  std::map<int64_t, const BuildEntry*> running_;
  TaskIndex index_;
  std::map<std::string, std::string, std::less<>> drains_;
  Memo memo_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_STATE_H_

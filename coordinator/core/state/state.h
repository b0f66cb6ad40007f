// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_STATE_STATE_H_
#define KSO_COORDINATOR_CORE_STATE_STATE_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "coordinator/core/memory/memo.h"
#include "coordinator/core/state/build_entry.h"
#include "coordinator/core/state/disk_use.h"
#include "coordinator/core/state/task_entry.h"
#include "coordinator/core/state/task_index.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/farm.pb.h"
#include "kso/v1/journal.pb.h"

namespace kso::coordinator {

// Everything durable that the coordinator knows. The journal's records, applied
// in order to an empty State, give the same State again, and nothing else
// changes it. It has no clock, no I/O and no locks. Not thread safe.
//
// A build goes through phases (core/base/phases.h); some phases have tasks; a
// task is runnable, leased to one session of a worker, done or failed. A
// build's log is derived here too, so a replay gives the same lines with the
// same numbers.
class State {
 public:
  // Gives a record its effect. DATA_LOSS when the record does not fit those
  // before it; the state must not be used after that.
  absl::Status Apply(const v1::JournalRecord& record);

  // Both return null when there is none.
  const BuildEntry* FindBuild(std::string_view build_id) const;
  const TaskEntry* FindTask(std::string_view task_id) const;
  // The task that is leased under this id now; null when none is.
  const TaskEntry* FindLease(std::string_view lease_id) const;

  const std::map<std::string, BuildEntry, std::less<>>& builds() const {
    return builds_;
  }
  // The builds that have not ended, by their numbers.
  const std::map<int64_t, const BuildEntry*>& running() const {
    return running_;
  }
  // Tells what time it is: tasks that were delayed until then become ready.
  void AdvanceTo(absl::Time now) { index_.AdvanceTo(now); }

  // The builds with tasks that are ready to be granted, by their numbers.
  const std::map<int64_t, const BuildEntry*>& ready_builds() const {
    return index_.ready_builds();
  }
  // The tasks that are identical to `leased` and wait, for its result or for a
  // time of their own: its result is theirs as well.
  std::vector<const TaskEntry*> SharersOf(const TaskEntry& leased) const;
  // The live leases by their ids.
  const std::map<std::string, const TaskEntry*, std::less<>>& leases() const {
    return index_.leases();
  }
  // The ids of a worker's live leases.
  const std::set<std::string>& LeasesOf(std::string_view worker) const {
    return index_.LeasesOf(worker);
  }
  // By the name of a worker that an operator ordered to drain, the session that
  // the order is for.
  const std::map<std::string, std::string, std::less<>>& drains() const {
    return drains_;
  }
  // By the names of the workers that are not trusted, the reasons.
  const std::map<std::string, std::string, std::less<>>& distrusted() const {
    return distrusted_;
  }
  // The names of the workers whose leases have changed since the last call.
  std::set<std::string> TakeLeaseChanges() { return index_.TakeLeaseChanges(); }
  // The deadlines of leases, with their tasks.
  const std::set<TimedTask>& deadlines() const { return index_.deadlines(); }
  // The times at which delayed tasks become ready.
  const std::set<TimedTask>& delayed() const { return index_.delayed(); }
  // The memory that outlives builds.
  const Memo& memo() const { return memo_; }
  // The part of the coordinator's disk that builds hold.
  const DiskUse& disk_use() const { return disk_use_; }
  // The work that all records together have done, those of builds that are
  // forgotten by now included.
  const v1::FarmTotals& totals() const { return totals_; }
  // The number of demands and names of workers that are kept for tasks. It is
  // bounded by what the builds that are kept have need of.
  size_t shared_by_tasks() const {
    return demands_.size() + worker_names_.size();
  }

 private:
  absl::Status Submit(absl::Time time, const v1::BuildSubmitted& change);
  absl::Status AddTasks(absl::Time time, const v1::TasksAdded& change);
  absl::Status Grant(absl::Time time, const v1::LeaseGranted& change);
  absl::Status Finish(absl::Time time, const v1::TaskFinished& change);
  absl::Status Share(absl::Time time, const v1::TaskShared& change);
  absl::Status Fail(absl::Time time, const v1::TaskFailed& change);
  absl::Status Requeue(absl::Time time, const v1::TaskRequeued& change);
  absl::Status Plan(absl::Time time, const v1::PlanMade& change);
  absl::Status Judged(absl::Time time, const v1::ContentJudged& change);
  absl::Status Assembled(absl::Time time, const v1::ImagesAssembled& change);
  absl::Status EnterPhase(absl::Time time, const v1::PhaseEntered& change);
  absl::Status End(absl::Time time, const v1::BuildEnded& change);
  absl::Status Retry(absl::Time time, const v1::BuildRetried& change);
  absl::Status Reopen(absl::Time time, const v1::TasksReopened& change);
  absl::Status Prune(const v1::BuildPruned& change);
  absl::Status Prioritize(absl::Time time, const v1::BuildPrioritized& change);
  absl::Status Interrupt(absl::Time time, const v1::BuildInterrupted& change);
  absl::Status Check(absl::Time time, const v1::DestinationChecked& change);

  void Reuse(absl::Time time, TaskEntry& task, const v1::ReusedResult& reused);
  // `verified_in` is empty when the task itself ran.
  static void AddVerification(BuildEntry& build, const v1::Task& task,
                              const v1::VerifiedImage& result,
                              const std::string& worker,
                              std::string_view verified_in);
  // DATA_LOSS: a record does not fit what came before it.
  static absl::Status DoesNotFit(std::string_view what, std::string_view id);
  // The build that a record changes; its revision is counted up, and it has got
  // on since it was interrupted. DATA_LOSS when there is none.
  absl::StatusOr<BuildEntry*> FindForChange(std::string_view build_id);
  // DATA_LOSS unless the task is leased under `lease_id`.
  absl::StatusOr<TaskEntry*> FindLeased(std::string_view task_id,
                                        std::string_view lease_id);
  // Returns null when there is none.
  TaskEntry* FindTaskForChange(std::string_view task_id);
  const Demand* DemandOf(const v1::Task& task);
  void SetState(TaskEntry& task, TaskState state);
  // Count what a build has got in the farm's own blob store, or in the journal.
  // A build that adds to more than its identity may hold is noted.
  void CountBlob(BuildEntry& build, const v1::Descriptor& blob);
  void CountBlobs(const TaskEntry& task, const v1::Task& content,
                  const v1::TaskResult& result);
  void CountRecord(BuildEntry& build, size_t bytes);
  void NoteDiskQuota(BuildEntry& build) const;
  // Notes which worker the task's result is from.
  void SetMaker(TaskEntry& task, const std::string& worker);
  // Makes the task runnable again, with full retry budgets.
  void Renew(TaskEntry& task);
  // Takes the result of a task that is done; `how` is for the log.
  void MarkDone(absl::Time time, TaskEntry& task, const std::string& worker,
                const v1::TaskResult& result, absl::string_view how);
  // Adds a line about a task's trouble to the log, but for causes that it has
  // told of lately.
  static void AddTroubleEvent(absl::Time time, TaskEntry& task,
                              const Cause& cause, v1::Event::Level level,
                              std::string_view worker, std::string text);
  static void ChangeCount(const TaskEntry& task, int by);
  const std::string* NameOfWorker(const std::string& worker);
  // Keeps what is shown of the build's tasks of these phases, of RESOLVE only
  // of those that ended last.
  static void KeepPastTasks(BuildEntry& build);
  // Forgets all tasks of a build that has succeeded, but its layers: it cannot
  // be retried, and nothing else is asked for.
  void ForgetWork(BuildEntry& build);
  // Forgets the build's tasks of a phase, none of which is leased.
  void DropTasks(BuildEntry& build, v1::Phase phase);
  // Forgets the demands and names that no task has any more, once there are
  // many.
  void ForgetUnshared();

  // So many demands and names take next to no memory.
  static constexpr size_t kFewShared = 1000;

  int64_t last_number_ = 0;
  std::map<std::string, BuildEntry, std::less<>> builds_;
  // The keys point to the ids in the entries.
  absl::flat_hash_map<absl::string_view, std::unique_ptr<TaskEntry>> tasks_;
  int64_t last_task_number_ = 0;
  std::set<Demand> demands_;
  std::map<int64_t, const BuildEntry*> running_;
  TaskIndex index_;
  std::map<std::string, std::string, std::less<>> drains_;
  std::map<std::string, std::string, std::less<>> distrusted_;
  Memo memo_;
  DiskUse disk_use_;
  v1::FarmTotals totals_;
  // The names that tasks point to.
  std::set<std::string, std::less<>> worker_names_;
  // The number of demands and names with which the next are forgotten.
  size_t forget_from_ = kFewShared;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_STATE_H_

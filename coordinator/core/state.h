#ifndef KSO_COORDINATOR_CORE_STATE_H_
#define KSO_COORDINATOR_CORE_STATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "coordinator/core/memo.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/journal.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// The right of one session of a worker to run a task.
struct LeaseEntry {
  std::string lease_id;
  std::string worker;
  std::string session;
  absl::Time granted;
  absl::Time deadline;
};

enum class TaskState { kRunnable, kLeased, kDone, kFailed };

struct TaskEntry {
  v1::Task task;
  v1::Phase phase = v1::PHASE_UNSPECIFIED;
  TaskState state = TaskState::kRunnable;
  // Leases so far.
  int attempts = 0;
  // Spent of each retry budget since the task was added or retried by hand.
  int infrastructure_failures = 0;
  int transient_failures = 0;
  int rate_limit_failures = 0;
  // A runnable task is not granted before this.
  absl::Time not_before = absl::InfinitePast();
  // Why and where it was tried last without success; empty if it was not.
  std::string last_reason;
  std::string last_worker;
  // While leased.
  LeaseEntry lease;
  // When done, and who did it.
  v1::TaskResult result;
  std::string done_by;
  // When failed.
  v1::Failure failure;
};

struct PhaseCounts {
  int total = 0;
  int done = 0;
  int leased = 0;
  int failed = 0;

  bool AllDone() const { return done == total; }
};

// Orders the runnable tasks of a build: the heaviest first, then by id.
using QueueKey = std::pair<int64_t, std::string>;

struct BuildEntry {
  std::string build_id;
  // Later builds have larger ones.
  int64_t number = 0;
  // Counts the records about this build.
  int64_t revision = 0;
  // How often it lost something at the destination, since it was submitted or
  // retried by hand.
  int reopened = 0;
  v1::Release release;
  bool plan_only = false;
  // Nothing is taken over from earlier builds.
  bool fresh = false;
  absl::Time created;
  absl::Time ended = absl::InfinitePast();
  v1::Build::State state = v1::Build::RUNNING;
  v1::Phase phase = v1::PHASE_UNSPECIFIED;
  // The tasks of each phase, in the order in which they were added.
  std::map<v1::Phase, std::vector<std::string>> tasks;
  std::map<v1::Phase, PhaseCounts> counts;
  // By platform in words ("" for any).
  std::map<std::string, std::set<QueueKey>> runnable;
  // What the destination has, from when it was asked to when the plan is made.
  std::optional<v1::DestinationChecked> destination;
  bool planned = false;
  v1::PlanSummary plan;
  std::vector<v1::PlannedImage> planned_images;
  std::vector<v1::ImageResult> images;
  std::vector<v1::Verification> verifications;
  std::vector<v1::Failure> failures;
  std::vector<v1::Event> events;
  int64_t bytes_fetched = 0;
  int64_t bytes_pushed = 0;

  bool running() const { return state == v1::Build::RUNNING; }
  PhaseCounts CountsOf(v1::Phase of) const;
};

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
  // Ids of the live leases and of their tasks.
  const std::map<std::string, std::string, std::less<>>& leases() const {
    return leases_;
  }
  // Lease ids by worker name.
  const std::set<std::string>& LeasesOf(std::string_view worker) const;
  // The session in which an operator ordered a worker to drain, by its name.
  const std::map<std::string, std::string, std::less<>>& drains() const {
    return drains_;
  }
  // When runnable tasks of the past and future become grantable, with their
  // ids.
  const std::set<std::pair<absl::Time, std::string>>& delayed() const {
    return delayed_;
  }
  // All is resolved, and the plan waits for what the destination has. Not where
  // nothing is remembered of it.
  bool NeedsDestinationCheck(const BuildEntry& build) const;
  // What outlives builds.
  const Memo& memo() const { return memo_; }

 private:
  absl::Status Submit(absl::Time time, const v1::BuildSubmitted& change);
  absl::Status AddTasks(absl::Time time, const v1::TasksAdded& change);
  absl::Status Grant(absl::Time time, const v1::LeaseGranted& change);
  absl::Status Finish(absl::Time time, const v1::TaskFinished& change);
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

  void Reuse(absl::Time time, BuildEntry& build, TaskEntry& task,
             const v1::ReusedResult& reused);
  // `verified_in` is empty when the task itself ran.
  void AddVerification(BuildEntry& build, const TaskEntry& task,
                       std::string_view verified_in);
  absl::Status FindForChange(std::string_view build_id, BuildEntry** build);
  // The task and its build; DATA_LOSS unless it is leased under `lease_id`.
  absl::Status FindLeased(const std::string& task_id,
                          const std::string& lease_id, TaskEntry** task,
                          BuildEntry** build);
  // `not_before` is for runnable tasks.
  void SetState(BuildEntry& build, TaskEntry& task, TaskState state,
                absl::Time not_before = absl::InfinitePast());
  void ChangeCount(BuildEntry& build, const TaskEntry& task, int by);
  // Forgets the build's tasks of a phase, none of which is leased.
  void DropTasks(BuildEntry& build, v1::Phase phase);

  int64_t last_number_ = 0;
  std::map<std::string, BuildEntry, std::less<>> builds_;
  std::map<std::string, TaskEntry, std::less<>> tasks_;
  std::map<int64_t, const BuildEntry*> running_;
  std::map<std::string, std::string, std::less<>> leases_;
  std::map<std::string, std::set<std::string>, std::less<>> worker_leases_;
  std::set<std::pair<absl::Time, std::string>> delayed_;
  std::map<std::string, std::string, std::less<>> drains_;
  Memo memo_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_H_

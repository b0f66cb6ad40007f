// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_STATE_TASK_ENTRY_H_
#define KSO_COORDINATOR_CORE_STATE_TASK_ENTRY_H_

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <tuple>
#include <vector>

#include "absl/time/time.h"
#include "coordinator/core/base/host_demand.h"
#include "coordinator/core/base/task_key.h"
#include "coordinator/core/state/packed_message.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

struct BuildEntry;

// The right of one session of a worker to run a task.
struct LeaseEntry {
  std::string lease_id;
  std::string worker;
  std::string session;
  absl::Time granted;
  absl::Time deadline;
};

// What went wrong with a task so far; most have none.
struct Trouble {
  // Spent of each retry budget since the task was added or retried by hand.
  int infrastructure_failures = 0;
  int transient_failures = 0;
  int rate_limit_failures = 0;
  // A runnable task is not granted before this.
  absl::Time not_before = absl::InfinitePast();
  // Why and where it was tried last without success; empty if it was not.
  std::string last_reason;
  std::string last_worker;
  // When failed.
  v1::Failure failure;
};

// What a task needs to start: a worker that is so, and hosts that allow it.
// Tasks that need the same share one.
struct Demand {
  v1::Platform platform;
  // In words; empty for any platform.
  std::string platform_name;
  // Programs of the platform are run.
  bool must_execute = false;
  // The hosts that it sends requests to, by name.
  std::vector<HostDemand> hosts;

  friend bool operator<(const Demand& a, const Demand& b) {
    return std::tie(a.platform_name, a.must_execute, a.hosts) <
           std::tie(b.platform_name, b.must_execute, b.hosts);
  }
};

enum class TaskState : uint8_t { kRunnable, kLeased, kDone, kFailed };

// Where an unfinished task of a running build stands.
enum class Place : uint8_t {
  // Finished, or its build has ended.
  kNowhere,
  // A worker that fits may have it.
  kReady,
  // Waits for its time.
  kDelayed,
  // Waits for the result of an identical task, which is leased.
  kShared,
  kLeased,
};

// There may be many thousands, so each is small: what is not needed at every
// step is kept as bytes, and what few have is kept apart.
struct TaskEntry {
  std::string id;
  // For people: "layer kubespray-files: kubelet amd64".
  std::string name;
  BuildEntry* build = nullptr;
  const Demand* demand = nullptr;
  TaskKey key;
  // Counts the tasks of the farm; later ones have larger numbers.
  int64_t number = 0;
  int64_t weight = 0;
  v1::Task::WorkCase work = v1::Task::WORK_NOT_SET;
  v1::Phase phase = v1::PHASE_UNSPECIFIED;
  // While leased.
  std::unique_ptr<LeaseEntry> lease;
  std::unique_ptr<Trouble> trouble;
  // Leases so far.
  int attempts = 0;
  TaskState state = TaskState::kRunnable;

  // The whole task as it was added, and what it brought back when it is done.
  // Each call parses a message, so these are not for a look at one field.
  v1::Task UnpackTask() const;
  v1::TaskResult UnpackResult() const;
  void SetTask(const v1::Task& task);
  void SetResult(const v1::TaskResult& result);

  // Never null; without trouble, one that says so.
  const Trouble& trouble_or_none() const;
  Trouble& mutable_trouble();

 private:
  friend class TaskIndex;

  // The URL of the file that the task resolves; empty for other tasks.
  std::string UrlToResolve() const;

  // The task's mirrors and destination are its release's, and not in task_.
  bool as_release_ = false;
  // The URL or reference that the task resolves stands in its name, and not in
  // task_.
  bool named_by_item_ = false;

  // Kept by TaskIndex.
  Place place_ = Place::kNowhere;
  bool grouped_ = false;
  absl::Time delayed_until_ = absl::InfinitePast();
  int64_t shared_with_build_ = 0;

  // Without what follows from the rest: ids, the name, what the task resolves,
  // and in the result the URL that the task names.
  PackedMessage<v1::Task> task_;
  PackedMessage<v1::TaskResult> result_;
};

// The heaviest first, then the earliest.
struct HeaviestFirst {
  bool operator()(const TaskEntry* a, const TaskEntry* b) const {
    return a->weight != b->weight ? a->weight > b->weight
                                  : a->number < b->number;
  }
};
using TaskQueue = std::set<const TaskEntry*, HeaviestFirst>;

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_TASK_ENTRY_H_

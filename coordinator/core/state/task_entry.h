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
#include "coordinator/core/base/host_trouble.h"
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

// The retry state of a task. Most tasks have none.
struct Trouble {
  // The failures counted against each retry budget since the task was added or
  // retried by hand.
  int infrastructure_failures = 0;
  int transient_failures = 0;
  int rate_limit_failures = 0;
  // A runnable task is not granted before this time.
  absl::Time not_before = absl::InfinitePast();
  // The reason and the worker of the last try that failed; empty when none has.
  std::string last_reason;
  std::string last_worker;
  // The worker whose verification found first that layers do not hold what they
  // should, and the makers of those that any verification found so. These say
  // nothing more of the image.
  std::string accuser;
  std::set<std::string> accused;
  // The cause of that failure; without a host where it was the task's own.
  Cause last_cause;
  // The reason for which the task is given up, when it is.
  v1::Failure failure;
};

// A task's resource request: the kind of worker that it needs, and the hosts
// that have to admit it. Tasks with equal requests share one Demand, which
// lives for as long as any of them.
struct Demand {
  v1::Platform platform;
  // The platform in words; empty when any will do.
  std::string platform_name;
  // The worker has to run programs of the platform.
  bool must_execute = false;
  // The hosts that the task sends requests to, in the order of their names.
  std::vector<HostDemand> hosts;
  // The names of workers that may not have the task.
  std::vector<std::string> not_by;

  friend bool operator<(const Demand& a, const Demand& b) {
    return std::tie(a.platform_name, a.must_execute, a.hosts, a.not_by) <
           std::tie(b.platform_name, b.must_execute, b.hosts, b.not_by);
  }
};

enum class TaskState : uint8_t { kRunnable, kLeased, kDone, kFailed };

// The queue in which TaskIndex keeps an unfinished task of a running build.
enum class Place : uint8_t {
  // The task is finished, or its build has ended.
  kNowhere,
  // The task may be granted to a worker that fits.
  kReady,
  // The task waits for its time.
  kDelayed,
  // The task waits for the result of an identical one, which is leased.
  kShared,
  kLeased,
};

// When and where a task ran last.
struct TaskRun {
  // In microseconds of Unix time; 0 where it has not come to that.
  int64_t began = 0;
  int64_t ended = 0;
  // The name is the state's, which keeps it for as long as a task has it; null
  // where no worker had the task.
  const std::string* worker = nullptr;
  // The task is done without a run of its own: an earlier build, or an
  // identical task, had its result.
  bool reused = false;
};

// A task, as State keeps it. There may be many thousands, so each is small: the
// parts that are not needed at every step are kept packed, and those that few
// tasks have are allocated apart.
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
  // Set while the task is leased.
  std::unique_ptr<LeaseEntry> lease;
  std::unique_ptr<Trouble> trouble;
  // The worker whose result the task has; null where it has none, or where that
  // is not known.
  const std::string* made_by = nullptr;
  // The number of leases that the task has had.
  int attempts = 0;
  // As in v1::Task.
  int fetch_group = 0;
  TaskState state = TaskState::kRunnable;
  // It makes a layer again, which another task makes, to compare them.
  bool copy = false;
  TaskRun run;

  // The queue in which the task is.
  Place place() const { return place_; }

  // The whole task as it was added, and what it brought back when it is done.
  // Each call parses a message, so these are not for a look at one field.
  v1::Task UnpackTask() const;
  v1::TaskResult UnpackResult() const;
  void SetTask(const v1::Task& task);
  void SetResult(const v1::TaskResult& result);

  // The trouble, or an empty one where there has been none.
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

  // These belong to TaskIndex.
  Place place_ = Place::kNowhere;
  bool grouped_ = false;
  absl::Time delayed_until_ = absl::InfinitePast();
  int64_t shared_with_build_ = 0;

  // These lack the fields that follow from the rest of the entry: ids, the
  // name, the item that the task resolves, and in the result the URL.
  PackedMessage<v1::Task> task_;
  PackedMessage<v1::TaskResult> result_;
};

// Orders tasks by weight, the heaviest first, then by number.
struct HeaviestFirst {
  bool operator()(const TaskEntry* a, const TaskEntry* b) const {
    return a->weight != b->weight ? a->weight > b->weight
                                  : a->number < b->number;
  }
};
using TaskQueue = std::set<const TaskEntry*, HeaviestFirst>;

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_STATE_TASK_ENTRY_H_

#ifndef KSO_WORKER_RUNNER_H_
#define KSO_WORKER_RUNNER_H_

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "kso/v1/worker.pb.h"
#include "worker/task/task_control.h"
#include "worker/task/task_executor.h"

namespace kso::worker {

// Runs leases on a fixed number of threads and keeps their outcomes until they
// are forgotten. Thread safe.
class Runner {
 public:
  // `on_change`, called from any thread without locks held, says that a lease
  // has ended. `executor` must outlive the runner.
  Runner(int slots, TaskExecutor* executor, std::function<void()> on_change);
  // Cancels what runs and waits for it.
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Starts a lease, or queues it where all slots are taken. Does nothing when
  // the lease is known already.
  void Start(const v1::Lease& lease);

  // Refuses a lease that was not started: its outcome is `returned`.
  void Return(const v1::Lease& lease);

  // Stops what runs and drops what ended of all leases but `wanted`. A lease
  // that is stopped has no outcome: nobody asks for it any more.
  void KeepOnly(const std::vector<std::string>& wanted);

  // Drops an outcome that has become durable.
  void Forget(const std::string& lease_id);

  struct Snapshot {
    std::vector<v1::HeldLease> held;
    std::vector<v1::LeaseResult> results;
    int free_slots = 0;
  };
  Snapshot Look() const;

 private:
  struct Entry {
    v1::Lease lease;
    TaskControl control;
  };

  void RunLoop();
  std::shared_ptr<Entry> NextEntry();
  void Finish(const Entry& entry, const absl::StatusOr<v1::TaskResult>& result);

  const int slots_;
  TaskExecutor* const executor_;
  const std::function<void()> on_change_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // Queued or running, by lease.
  absl::flat_hash_map<std::string, std::shared_ptr<Entry>> held_
      ABSL_GUARDED_BY(mutex_);
  std::deque<std::shared_ptr<Entry>> queue_ ABSL_GUARDED_BY(mutex_);
  // Threads at work; also with cancelled leases, which are not held any more.
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::flat_hash_map<std::string, v1::LeaseResult> results_
      ABSL_GUARDED_BY(mutex_);

  std::vector<std::thread> threads_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_RUNNER_H_

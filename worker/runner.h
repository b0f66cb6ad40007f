// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_RUNNER_H_
#define KSO_WORKER_RUNNER_H_

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/run/clock.h"
#include "kso/v1/worker.pb.h"
#include "worker/lease_book.h"
#include "worker/leases.h"
#include "worker/task/task_executor.h"

namespace kso::worker {

// Runs leases, each on a thread of a fixed number of them, and keeps their
// outcomes until they are forgotten. Thread safe.
class Runner : public Leases {
 public:
  // `on_change`, called from any thread without locks held, says that a lease
  // has ended. `executor` and `clock` must outlive the runner.
  Runner(int slots, TaskExecutor* executor, std::function<void()> on_change,
         Clock* clock = Clock::Real());
  // Cancels what runs and waits for it.
  ~Runner() override;
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  void Start(const v1::Lease& lease) override;
  void Return(const v1::Lease& lease) override;
  void ReturnAll() override;
  void KeepOnly(const std::vector<std::string>& wanted) override;
  void Forget(const std::string& lease_id) override;
  Snapshot Look() const override;

 private:
  void RunLoop();
  std::shared_ptr<LeaseBook::Entry> NextEntry();
  // Stops each task at its lease's deadline.
  void WatchDeadlines();

  Clock* const clock_;
  TaskExecutor* const executor_;
  const std::function<void()> on_change_;

  mutable absl::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  LeaseBook book_ ABSL_GUARDED_BY(mutex_);

  std::vector<std::thread> threads_;
  std::thread deadline_thread_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_RUNNER_H_

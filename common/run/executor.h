// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RUN_EXECUTOR_H_
#define KSO_COMMON_RUN_EXECUTOR_H_

#include <deque>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"

namespace kso {

// A fixed set of threads that run functions in the order in which they came.
// With one thread, each function ends before the next begins. Where the system
// starts fewer threads, the set is smaller; where it starts none, Schedule runs
// the function itself. Functions must not throw.
class Executor {
 public:
  // `threads` is at least 1.
  explicit Executor(int threads);

  // Runs what is queued, also what that queues in turn, then joins the threads.
  // Nobody else may schedule any more.
  ~Executor();

  Executor(const Executor&) = delete;
  Executor& operator=(const Executor&) = delete;

  // May be called from any thread, the executor's own included. Never waits
  // where there is a thread.
  void Schedule(absl::AnyInvocable<void()> function);

 private:
  void RunQueue();
  bool HasWorkOrMayStop() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  std::deque<absl::AnyInvocable<void()>> queue_ ABSL_GUARDED_BY(mutex_);
  // Threads that run a function at the moment; it may queue more.
  int busy_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<std::thread> threads_;
};

}  // namespace kso

#endif  // KSO_COMMON_RUN_EXECUTOR_H_

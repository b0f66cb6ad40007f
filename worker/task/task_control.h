#ifndef KSO_WORKER_TASK_TASK_CONTROL_H_
#define KSO_WORKER_TASK_TASK_CONTROL_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace kso::worker {

// What a running task and those who watch it share: the wish that it stop, and
// how far it is. Thread safe.
class TaskControl {
 public:
  TaskControl() = default;
  TaskControl(const TaskControl&) = delete;
  TaskControl& operator=(const TaskControl&) = delete;

  void Cancel() { cancelled_ = true; }
  bool cancelled() const { return cancelled_; }
  // The same, to be polled by who knows nothing of tasks. Lives as long as
  // this.
  std::function<bool()> CancelledFunction() const {
    return [this] { return cancelled(); };
  }

  // For people: "fetching kubelet".
  void SetActivity(std::string activity) {
    absl::MutexLock lock(&mutex_);
    activity_ = std::move(activity);
  }
  std::string activity() const {
    absl::MutexLock lock(&mutex_);
    return activity_;
  }

  void AddFetched(int64_t bytes) { bytes_fetched_ += bytes; }
  void AddPushed(int64_t bytes) { bytes_pushed_ += bytes; }
  int64_t bytes_fetched() const { return bytes_fetched_; }
  int64_t bytes_pushed() const { return bytes_pushed_; }

 private:
  std::atomic<bool> cancelled_ = false;
  std::atomic<int64_t> bytes_fetched_ = 0;
  std::atomic<int64_t> bytes_pushed_ = 0;
  mutable absl::Mutex mutex_;
  std::string activity_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::worker

#endif  // KSO_WORKER_TASK_TASK_CONTROL_H_

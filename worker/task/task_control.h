// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_TASK_TASK_CONTROL_H_
#define KSO_WORKER_TASK_TASK_CONTROL_H_

#include <atomic>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/oci/login/login_places.h"
#include "common/run/clock.h"

namespace kso::worker {

// The state that a running task shares with those who watch it: the wish that
// it stop, and how far it is. Thread safe.
class TaskControl {
 public:
  TaskControl() = default;
  // `clock` must outlive it. For `logins` see below.
  TaskControl(const Clock* clock, absl::Time deadline,
              std::optional<oci::LoginPlaces> logins = std::nullopt)
      : clock_(clock), deadline_(deadline), logins_(std::move(logins)) {}
  TaskControl(const TaskControl&) = delete;
  TaskControl& operator=(const TaskControl&) = delete;

  void Cancel() {
    unwanted_ = true;
    stop_.request_stop();
  }
  // To be called at the deadline, so that what waits hears that it is over.
  void StopIfExpired() {
    if (expired()) stop_.request_stop();
  }
  // Nobody asks for the task any more.
  bool unwanted() const { return unwanted_; }
  // Its time is over.
  bool expired() const {
    return clock_ != nullptr && clock_->Now() >= deadline_;
  }
  // Returns whether the task is to stop, for either reason.
  bool cancelled() const { return stop_.stop_requested() || expired(); }
  // The same for what knows nothing of tasks, or waits.
  std::stop_token stop_token() const { return stop_.get_token(); }
  absl::Time deadline() const { return deadline_; }
  // The places that this machine's logins may be used for in the task, besides
  // the machine's own policy; nothing where its build is not limited.
  const std::optional<oci::LoginPlaces>& logins() const { return logins_; }

  // The activity of the task, for people: "fetching kubelet". `host` is the one
  // that bytes come from or go to meanwhile, where there is one.
  void SetActivity(std::string activity, std::string host = {}) {
    absl::MutexLock lock(&mutex_);
    activity_ = std::move(activity);
    host_ = std::move(host);
  }
  std::string activity() const {
    absl::MutexLock lock(&mutex_);
    return activity_;
  }
  std::string host() const {
    absl::MutexLock lock(&mutex_);
    return host_;
  }

  void AddFetched(int64_t bytes) { bytes_fetched_ += bytes; }
  // Counts what a push has moved when it is over.
  void AddPushed(int64_t bytes) {
    bytes_pushing_ = 0;
    bytes_pushed_ += bytes;
  }
  // Says how far the push is that is under way. A push that begins again says
  // less than before.
  void SetPushing(int64_t bytes) { bytes_pushing_ = bytes; }
  int64_t bytes_fetched() const { return bytes_fetched_; }
  // The bytes that are pushed, without the push that is under way.
  int64_t bytes_pushed() const { return bytes_pushed_; }
  int64_t bytes_pushing() const { return bytes_pushing_; }

 private:
  const Clock* const clock_ = nullptr;
  const absl::Time deadline_ = absl::InfiniteFuture();
  const std::optional<oci::LoginPlaces> logins_;
  std::stop_source stop_;
  std::atomic<bool> unwanted_ = false;
  std::atomic<int64_t> bytes_fetched_ = 0;
  std::atomic<int64_t> bytes_pushed_ = 0;
  std::atomic<int64_t> bytes_pushing_ = 0;
  mutable absl::Mutex mutex_;
  std::string activity_ ABSL_GUARDED_BY(mutex_);
  std::string host_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::worker

#endif  // KSO_WORKER_TASK_TASK_CONTROL_H_

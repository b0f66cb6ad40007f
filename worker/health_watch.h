// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_HEALTH_WATCH_H_
#define KSO_WORKER_HEALTH_WATCH_H_

#include <functional>
#include <optional>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/run/clock.h"

namespace kso::worker {

// Looks now and then whether this worker is healthy, and calls for attention
// where the coordinator was told otherwise: a worker with nothing to do would
// tell it only when its parked call is over. Thread safe.
class HealthWatch {
 public:
  static constexpr absl::Duration kInterval = absl::Seconds(2);

  // `is_healthy` looks; `on_change` is called after each look that found it
  // other than told, so at most once in kInterval, until it is told. Both are
  // called from a thread of the watch, without locks held, until its destructor
  // returns. `clock` must outlive it.
  HealthWatch(Clock* clock, std::function<bool()> is_healthy,
              std::function<void()> on_change);
  ~HealthWatch();
  HealthWatch(const HealthWatch&) = delete;
  HealthWatch& operator=(const HealthWatch&) = delete;

  // The coordinator is told from now on that the worker is `healthy`, or is
  // not. Before this is called, there is nothing to set right.
  void Told(bool healthy);

 private:
  void LookNowAndThen();
  // Returns whether to look again.
  bool Wait();
  bool IsNews(bool healthy);

  Clock* const clock_;
  const std::function<bool()> is_healthy_;
  const std::function<void()> on_change_;
  absl::Mutex mutex_;
  std::optional<bool> told_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // The last member: it uses the others.
  std::thread thread_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_HEALTH_WATCH_H_

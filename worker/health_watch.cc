// SPDX-License-Identifier: Apache-2.0
#include "worker/health_watch.h"

#include <utility>

#include "common/run/threads.h"

namespace kso::worker {

HealthWatch::HealthWatch(Clock* clock, std::function<bool()> is_healthy,
                         std::function<void()> on_change)
    : clock_(clock),
      is_healthy_(std::move(is_healthy)),
      on_change_(std::move(on_change)),
      thread_(StartThreadOrExit("the watch over this worker's health",
                                [this] { LookNowAndThen(); })) {}

HealthWatch::~HealthWatch() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void HealthWatch::Told(bool healthy) {
  absl::MutexLock lock(&mutex_);
  told_ = healthy;
}

void HealthWatch::LookNowAndThen() {
  while (Wait()) {
    if (IsNews(is_healthy_())) on_change_();
  }
}

bool HealthWatch::Wait() {
  absl::MutexLock lock(&mutex_);
  const auto stopping = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_;
  };
  return !clock_->AwaitWithDeadline(&mutex_, absl::Condition(&stopping),
                                    clock_->Now() + kInterval);
}

// Measured against what was told, not against the look before: between two
// looks it may change twice, and be told once.
bool HealthWatch::IsNews(bool healthy) {
  absl::MutexLock lock(&mutex_);
  return told_.has_value() && *told_ != healthy;
}

}  // namespace kso::worker

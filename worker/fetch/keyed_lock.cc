// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/keyed_lock.h"

#include "common/run/cancellation.h"

namespace kso::worker {

absl::StatusOr<std::unique_ptr<KeyedLock::Holder>> KeyedLock::Acquire(
    const std::string& key, const TaskControl& control) {
  absl::MutexLock lock(&mutex_);
  const auto is_free = [this, &key]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !held_.contains(key);
  };
  if (!AwaitOrStop(clock_, &mutex_, absl::Condition(&is_free),
                   absl::InfiniteFuture(), control.stop_token())) {
    return absl::CancelledError("cancelled");
  }
  held_.insert(key);
  return std::make_unique<Holder>(this, key);
}

void KeyedLock::Release(const std::string& key) {
  absl::MutexLock lock(&mutex_);
  held_.erase(key);
}

}  // namespace kso::worker

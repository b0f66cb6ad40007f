// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/keyed_lock.h"

namespace kso::worker {
namespace {

// How soon a waiter sees that its task was cancelled.
constexpr absl::Duration kLookInterval = absl::Milliseconds(200);

}  // namespace

absl::StatusOr<std::unique_ptr<KeyedLock::Holder>> KeyedLock::Acquire(
    const std::string& key, const TaskControl& control) {
  absl::MutexLock lock(&mutex_);
  const auto is_free = [this, &key]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return !held_.contains(key);
  };
  while (!clock_->AwaitWithDeadline(&mutex_, absl::Condition(&is_free),
                                    clock_->Now() + kLookInterval)) {
    if (control.cancelled()) return absl::CancelledError("cancelled");
  }
  held_.insert(key);
  return std::make_unique<Holder>(this, key);
}

void KeyedLock::Release(const std::string& key) {
  absl::MutexLock lock(&mutex_);
  held_.erase(key);
}

}  // namespace kso::worker

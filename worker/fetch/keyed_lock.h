// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_KEYED_LOCK_H_
#define KSO_WORKER_FETCH_KEYED_LOCK_H_

#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/run/clock.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// A lock for each key, so that fetches of the same bytes are deduplicated: the
// second task waits, then finds them in the cache. Thread safe.
class KeyedLock {
 public:
  explicit KeyedLock(Clock* clock) : clock_(clock) {}

  // Releases the key. Must not outlive the lock.
  class Holder {
   public:
    Holder(KeyedLock* lock, std::string key)
        : lock_(lock), key_(std::move(key)) {}
    ~Holder() { lock_->Release(key_); }
    Holder(const Holder&) = delete;
    Holder& operator=(const Holder&) = delete;

   private:
    KeyedLock* const lock_;
    const std::string key_;
  };

  // Waits for the key; CANCELLED when the task is to stop.
  absl::StatusOr<std::unique_ptr<Holder>> Acquire(const std::string& key,
                                                  const TaskControl& control);

 private:
  void Release(const std::string& key);

  Clock* const clock_;
  absl::Mutex mutex_;
  absl::flat_hash_set<std::string> held_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_KEYED_LOCK_H_

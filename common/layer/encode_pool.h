// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_LAYER_ENCODE_POOL_H_
#define KSO_COMMON_LAYER_ENCODE_POOL_H_

#include <atomic>
#include <cstddef>
#include <functional>

#include "common/run/executor.h"

namespace kso {

// Threads that the encoders of a process share. The number of functions that
// wait for a thread is bounded, however many encoders there are, because each
// holds memory. Thread safe.
class EncodePool {
 public:
  explicit EncodePool(int threads);

  // Runs `function` soon, on one of the threads. Returns false when the pool
  // has enough to do: the caller had better run it itself.
  bool TryRun(const std::function<void()>& function);

  // How many functions may run or wait at the same time.
  size_t capacity() const { return capacity_; }

 private:
  const size_t capacity_;
  std::atomic<size_t> taken_ = 0;
  // This is the last member, so that its threads end first.
  Executor executor_;
};

}  // namespace kso

#endif  // KSO_COMMON_LAYER_ENCODE_POOL_H_

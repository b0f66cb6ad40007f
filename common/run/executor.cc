// SPDX-License-Identifier: Apache-2.0
#include "common/run/executor.h"

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "common/run/threads.h"

namespace kso {

Executor::Executor(int threads) {
  const int count = std::max(threads, 1);
  threads_.reserve(count);
  for (int i = 0; i < count; ++i) {
    absl::StatusOr<std::thread> thread = StartThread([this] { RunQueue(); });
    if (!thread.ok()) break;
    threads_.push_back(*std::move(thread));
  }
}

Executor::~Executor() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  for (std::thread& thread : threads_) thread.join();
}

void Executor::Schedule(absl::AnyInvocable<void()> function) {
  if (threads_.empty()) return function();
  absl::MutexLock lock(&mutex_);
  queue_.push_back(std::move(function));
}

bool Executor::HasWorkOrMayStop() const {
  return !queue_.empty() || (stopping_ && busy_ == 0);
}

void Executor::RunQueue() {
  while (true) {
    absl::AnyInvocable<void()> function;
    {
      absl::MutexLock lock(&mutex_);
      mutex_.Await(absl::Condition(this, &Executor::HasWorkOrMayStop));
      if (queue_.empty()) return;
      function = std::move(queue_.front());
      queue_.pop_front();
      ++busy_;
    }
    function();
    // The function's captures are released before it counts as done.
    function = nullptr;
    absl::MutexLock lock(&mutex_);
    --busy_;
  }
}

}  // namespace kso

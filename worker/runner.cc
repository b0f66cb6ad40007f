// SPDX-License-Identifier: Apache-2.0
#include "worker/runner.h"

#include <utility>

#include "common/run/exceptions.h"
#include "common/run/threads.h"

namespace kso::worker {

Runner::Runner(int slots, TaskExecutor* executor,
               std::function<void()> on_change, Clock* clock)
    : clock_(clock),
      executor_(executor),
      on_change_(std::move(on_change)),
      book_(slots, clock) {
  for (int i = 0; i < LeaseBook::MostAtWork(slots); ++i) {
    threads_.push_back(
        StartThreadOrExit("a thread for tasks", [this] { RunLoop(); }));
  }
  deadline_thread_ = StartThreadOrExit("the watch over deadlines",
                                       [this] { WatchDeadlines(); });
}

Runner::~Runner() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
    book_.CancelAll();
  }
  for (std::thread& thread : threads_) thread.join();
  deadline_thread_.join();
}

void Runner::Start(const v1::Lease& lease) {
  absl::MutexLock lock(&mutex_);
  book_.Start(lease);
}

void Runner::Return(const v1::Lease& lease) {
  absl::MutexLock lock(&mutex_);
  book_.Return(lease);
}

void Runner::ReturnAll() {
  absl::MutexLock lock(&mutex_);
  book_.ReturnAll();
}

void Runner::KeepOnly(const std::vector<std::string>& wanted) {
  absl::MutexLock lock(&mutex_);
  book_.KeepOnly(wanted);
}

void Runner::Forget(const std::string& lease_id) {
  absl::MutexLock lock(&mutex_);
  book_.Forget(lease_id);
}

Leases::Snapshot Runner::Look() const {
  absl::MutexLock lock(&mutex_);
  return book_.Look();
}

void Runner::RunLoop() {
  while (const std::shared_ptr<LeaseBook::Entry> entry = NextEntry()) {
    absl::StatusOr<v1::TaskResult> result =
        absl::CancelledError("cancelled before it began");
    if (!entry->control.cancelled()) {
      // An exception of a task is its failure.
      result = WithoutExceptions([&] {
        return executor_->Execute(entry->lease.task(), entry->control);
      });
    }
    {
      absl::MutexLock lock(&mutex_);
      book_.Finish(*entry, result);
    }
    on_change_();
  }
}

void Runner::WatchDeadlines() {
  absl::MutexLock lock(&mutex_);
  while (!stopping_) {
    const absl::Time next = book_.NextDeadline();
    const auto comes_sooner = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return stopping_ || book_.NextDeadline() < next;
    };
    clock_->AwaitWithDeadline(&mutex_, absl::Condition(&comes_sooner), next);
    book_.StopExpired();
  }
}

std::shared_ptr<LeaseBook::Entry> Runner::NextEntry() {
  absl::MutexLock lock(&mutex_);
  const auto ready = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || book_.CanTake();
  };
  mutex_.Await(absl::Condition(&ready));
  return stopping_ ? nullptr : book_.Take();
}

}  // namespace kso::worker

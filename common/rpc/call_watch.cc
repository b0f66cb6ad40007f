// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/call_watch.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/run/threads.h"

namespace kso::rpc {
CallWatch::CallWatch(Clock* clock, absl::Duration progress_timeout)
    : clock_(clock),
      progress_timeout_(progress_timeout),
      thread_(StartThreadOrExit("the watch over calls",
                                [this] { LookAfterCalls(); })) {}

CallWatch::~CallWatch() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void CallWatch::LookAfterCalls() {
  absl::MutexLock lock(&mutex_);
  while (true) {
    const absl::Time next = NextDeadline();
    // No call that begins to wait now is due before those that wait already.
    const auto news = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return stopping_ || (next == absl::InfiniteFuture() && !waiting_.empty());
    };
    clock_->AwaitWithDeadline(&mutex_, absl::Condition(&news), next);
    if (stopping_) return;
    const absl::Time now = clock_->Now();
    std::vector<Call*> due;
    for (Call* call : waiting_) {
      if (DeadlineOf(*call) <= now) due.push_back(call);
    }
    for (Call* call : due) {
      End(*call,
          absl::DeadlineExceededError(absl::StrCat(
              "nothing moved for ", absl::FormatDuration(progress_timeout_),
              "; check the network and the other side")));
    }
  }
}

absl::Time CallWatch::DeadlineOf(const Call& call) const {
  return call.waiting_since_ + progress_timeout_;
}

absl::Time CallWatch::NextDeadline() const {
  absl::Time next = absl::InfiniteFuture();
  for (const Call* call : waiting_) next = std::min(next, DeadlineOf(*call));
  return next;
}

void CallWatch::End(Call& call, absl::Status verdict) {
  if (waiting_.erase(&call) == 0) return;
  call.verdict_ = std::move(verdict);
  call.end_();
}

CallWatch::Call::Call(CallWatch* watch, std::function<void()> end,
                      std::stop_token stop)
    : watch_(watch), end_(std::move(end)), stop_(std::move(stop)) {}

bool CallWatch::Call::Wait(absl::FunctionRef<bool()> wait) {
  {
    absl::MutexLock lock(&watch_->mutex_);
    waiting_since_ = watch_->clock_->Now();
    watch_->waiting_.insert(this);
  }
  bool result = false;
  {
    const std::stop_callback on_stop(stop_, [this] {
      absl::MutexLock lock(&watch_->mutex_);
      watch_->End(*this, absl::CancelledError("cancelled"));
    });
    result = wait();
  }
  absl::MutexLock lock(&watch_->mutex_);
  watch_->waiting_.erase(this);
  return result;
}

absl::Status CallWatch::Call::verdict() const {
  absl::MutexLock lock(&watch_->mutex_);
  return verdict_;
}

}  // namespace kso::rpc

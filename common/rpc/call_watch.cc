// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/call_watch.h"

#include <utility>

#include "absl/strings/str_cat.h"

namespace kso::rpc {
namespace {

// How soon a call ends that nobody wants any more.
constexpr absl::Duration kLookInterval = absl::Milliseconds(200);

}  // namespace

CallWatch::CallWatch(Clock* clock, absl::Duration progress_timeout)
    : clock_(clock),
      progress_timeout_(progress_timeout),
      thread_([this] { LookAfterCalls(); }) {}

CallWatch::~CallWatch() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  thread_.join();
}

void CallWatch::LookAfterCalls() {
  absl::MutexLock lock(&mutex_);
  const auto has_calls = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || !waiting_.empty();
  };
  const auto stopping = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_;
  };
  while (!stopping_) {
    mutex_.Await(absl::Condition(&has_calls));
    if (clock_->AwaitWithDeadline(&mutex_, absl::Condition(&stopping),
                                  clock_->Now() + kLookInterval)) {
      return;
    }
    const absl::Time now = clock_->Now();
    absl::erase_if(waiting_, [this, now](Call* call)
                                 ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
                                   return Judge(*call, now);
                                 });
  }
}

bool CallWatch::Judge(Call& call, absl::Time now) {
  if (call.cancelled_ && call.cancelled_()) {
    call.verdict_ = absl::CancelledError("cancelled");
  } else if (now - call.waiting_since_ >= progress_timeout_) {
    call.verdict_ = absl::DeadlineExceededError(absl::StrCat(
        "nothing moved for ", absl::FormatDuration(progress_timeout_),
        "; check the network and the other side"));
  } else {
    return false;
  }
  call.end_();
  return true;
}

CallWatch::Call::Call(CallWatch* watch, std::function<void()> end,
                      std::function<bool()> cancelled)
    : watch_(watch), end_(std::move(end)), cancelled_(std::move(cancelled)) {}

bool CallWatch::Call::Wait(absl::FunctionRef<bool()> wait) {
  {
    absl::MutexLock lock(&watch_->mutex_);
    waiting_since_ = watch_->clock_->Now();
    watch_->waiting_.insert(this);
  }
  const bool result = wait();
  absl::MutexLock lock(&watch_->mutex_);
  watch_->waiting_.erase(this);
  return result;
}

absl::Status CallWatch::Call::verdict() const {
  absl::MutexLock lock(&watch_->mutex_);
  return verdict_;
}

}  // namespace kso::rpc

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RPC_CALL_WATCH_H_
#define KSO_COMMON_RPC_CALL_WATCH_H_

#include <functional>
#include <stop_token>
#include <thread>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_set.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/run/clock.h"

namespace kso::rpc {

// Ends calls of streams in which nothing moves although the connection is
// healthy, as when the other side hangs, and those that nobody wants any more.
// One thread looks after all calls of a process. Thread safe.
class CallWatch {
 public:
  // A stream in which nothing moves for `progress_timeout` is ended. `clock`
  // must outlive it, and it must outlive the calls.
  explicit CallWatch(Clock* clock,
                     absl::Duration progress_timeout = absl::Seconds(60));
  ~CallWatch();
  CallWatch(const CallWatch&) = delete;
  CallWatch& operator=(const CallWatch&) = delete;

  // One call. Not thread safe.
  class Call {
   public:
    // `end` makes the call fail soon, whatever it waits for. It is called from
    // any thread, once, while Wait runs: when nothing moves, and when `stop` is
    // requested.
    Call(CallWatch* watch, std::function<void()> end, std::stop_token stop);

    // Runs `wait`, which blocks until the other side moves, and returns what it
    // returns. Time outside of it is not the other side's.
    bool Wait(absl::FunctionRef<bool()> wait);

    // Why the call was ended: DEADLINE_EXCEEDED or CANCELLED; OK when it was
    // not.
    absl::Status verdict() const;

   private:
    friend class CallWatch;

    CallWatch* const watch_;
    const std::function<void()> end_;
    const std::stop_token stop_;
    // Guarded by the watch's mutex.
    absl::Time waiting_since_;
    absl::Status verdict_;
  };

 private:
  void LookAfterCalls();
  // When the call is ended unless something moves.
  absl::Time DeadlineOf(const Call& call) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::Time NextDeadline() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // Ends the call, unless it has been ended or does not wait any more.
  void End(Call& call, absl::Status verdict)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  Clock* const clock_;
  const absl::Duration progress_timeout_;
  mutable absl::Mutex mutex_;
  // Those that were ended are not here any more.
  absl::flat_hash_set<Call*> waiting_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread thread_;
};

}  // namespace kso::rpc

#endif  // KSO_COMMON_RPC_CALL_WATCH_H_

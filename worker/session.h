// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SESSION_H_
#define KSO_WORKER_SESSION_H_

#include <functional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/run/clock.h"
#include "grpcpp/client_context.h"
#include "kso/v1/worker.grpc.pb.h"
#include "worker/conversation.h"
#include "worker/leases.h"

namespace kso::worker {

// One session of this worker with its coordinator: tells what the worker has,
// hears what it should have, and makes it so, until told to drain or to stop.
// While the coordinator cannot be reached the work goes on.
//
// Run blocks its thread; everything else may be called from any thread.
class Session {
 public:
  // How the worker is at this moment.
  using Describe = std::function<v1::WorkerInfo()>;
  // For the log: what changed between worker and coordinator, in words.
  using Report = std::function<void(const std::string&)>;

  // Takes each answer, before its leases are taken up.
  using Hear = std::function<void(const v1::SyncResponse&)>;

  // `hear` may be empty.
  Session(v1::WorkerService::StubInterface* stub, Clock* clock,
          Describe describe, Report report, Hear hear = nullptr);

  enum class End {
    // All that was held has ended, or is handed back, and the coordinator
    // knows.
    kDrained,
    kStopped,
    // The patience of Drain was over and the coordinator could not be told.
    kUnheard,
  };

  // Returns when the worker has drained, or soon after Stop. Who runs `leases`
  // must have been told to call Wake.
  End Run(Leases& leases);

  // Something happened that the coordinator should hear of now: a call that
  // waits for news there is cut short, and made again. One that brings results
  // is answered as soon as these are durable, and is waited for: what happens
  // meanwhile goes together with the next.
  void Wake();
  // No new leases; Run returns when those held have ended and the coordinator
  // knows. What has not ended after `patience` is stopped and handed back.
  void Drain(absl::Duration patience = absl::InfiniteDuration());
  void Stop();

 private:
  v1::SyncRequest MakeRequest(const Leases& leases);
  grpc::Status Call(const v1::SyncRequest& request, v1::SyncResponse& response);
  void Pause(absl::Duration delay, bool may_wake);
  bool Interrupted();
  // Wakes, and cuts short any call.
  void Interrupt();
  absl::Time hand_back_at();
  void NoteOutcome(const grpc::Status& status);

  v1::WorkerService::StubInterface* const stub_;
  Clock* const clock_;
  const Describe describe_;
  const Report report_;
  const Hear hear_;

  // Used by Run's thread only.
  Conversation conversation_;
  // The outcome that was reported last, to report changes only.
  std::string last_outcome_;

  absl::Mutex mutex_;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  // When Drain's patience ends.
  absl::Time hand_back_at_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  // The call under way, if any.
  grpc::ClientContext* call_ ABSL_GUARDED_BY(mutex_) = nullptr;
  // Tells whether that may be parked.
  bool call_waits_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_SESSION_H_

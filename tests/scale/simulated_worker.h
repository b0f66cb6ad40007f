// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_SCALE_SIMULATED_WORKER_H_
#define KSO_TESTS_SCALE_SIMULATED_WORKER_H_

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "grpcpp/channel.h"
#include "grpcpp/client_context.h"
#include "kso/v1/worker.grpc.pb.h"

namespace kso::scale {

// Counts what the workers of a fleet have seen together. Thread safe.
class Tally {
 public:
  void Granted(absl::Time when);
  void Finished(int tasks);
  void Failed();
  // From a Sync that told of a free slot to the reply with a lease for it.
  void Waited(absl::Duration wait);

  // Returns once so many tasks have been finished and acknowledged;
  // DEADLINE_EXCEEDED when that takes longer than `timeout`.
  absl::Status AwaitFinished(int tasks, absl::Duration timeout);
  absl::Time first_grant() const;
  absl::Time last_grant() const;
  // In order.
  std::vector<absl::Duration> Waits() const;

 private:
  mutable absl::Mutex mutex_;
  int finished_ ABSL_GUARDED_BY(mutex_) = 0;
  int failed_calls_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time first_grant_ ABSL_GUARDED_BY(mutex_) = absl::InfiniteFuture();
  absl::Time last_grant_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::vector<absl::Duration> waits_ ABSL_GUARDED_BY(mutex_);
};

// A worker as the protocol sees it, whose tasks take no time at all. Holds on
// to the tasks that IsLast names until FinishLast; they take no slots. Needs no
// thread: its calls are asynchronous.
class SimulatedWorker {
 public:
  // `tally` must outlive it.
  SimulatedWorker(const std::string& name, int slots,
                  std::shared_ptr<grpc::Channel> channel, Tally* tally);
  // After Stop.
  ~SimulatedWorker();

  void Start();
  void FinishLast() { finish_last_ = true; }
  // Makes no more calls, cancels the one under way, and waits for its end.
  void Stop();

 private:
  void Call();
  void OnReply(const grpc::Status& status);
  // Makes the next request from what the reply said.
  void TakeLeases();

  Tally* const tally_;
  const std::unique_ptr<v1::WorkerService::Stub> stub_;
  std::atomic<bool> finish_last_ = false;

  // Of the one call that is under way.
  v1::SyncRequest request_;
  v1::SyncResponse response_;
  absl::Time sent_;
  bool freed_slot_ = false;
  // Tasks that it holds on to, by lease.
  std::map<std::string, v1::Task> last_;

  absl::Mutex mutex_;
  std::unique_ptr<grpc::ClientContext> context_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool calling_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace kso::scale

#endif  // KSO_TESTS_SCALE_SIMULATED_WORKER_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_SESSION_FIXTURE_H_
#define KSO_TESTS_FAKES_SESSION_FIXTURE_H_

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "grpcpp/server_context.h"
#include "kso/v1/worker.grpc.pb.h"
#include "worker/task/task_executor.h"

// Fakes of both sides that a session talks to.

namespace kso::worker {

// A coordinator that wants what a test says, acknowledges what the test does
// not hold back, and parks calls that bring it nothing.
class FakeCoordinator : public v1::WorkerService::Service {
 public:
  grpc::Status Sync(grpc::ServerContext* context,
                    const v1::SyncRequest* request,
                    v1::SyncResponse* response) override {
    absl::MutexLock lock(&mutex_);
    // A call that the worker has given up may be heard after the next one.
    if (request->sequence() < last_.sequence()) return grpc::Status::CANCELLED;
    last_ = *request;
    response->set_protocol(protocol_);
    if (!request->results().empty()) ++told_;
    bool news = false;
    for (const v1::LeaseResult& result : request->results()) {
      if (!acknowledging_) continue;
      // A reply that was lost makes the worker tell again.
      if (seen_.insert(result.lease_id()).second) results_.push_back(result);
      wanted_.erase(result.lease_id());
      response->add_acknowledged_lease_ids(result.lease_id());
      news = true;
    }
    const auto due = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return news || changed_ || context->IsCancelled();
    };
    while (!mutex_.AwaitWithTimeout(absl::Condition(&due),
                                    absl::Milliseconds(5))) {
    }
    if (losing_ && !wanted_.empty()) {
      lost_ = true;
      const auto given_up = [context] { return context->IsCancelled(); };
      while (!mutex_.AwaitWithTimeout(absl::Condition(&given_up),
                                      absl::Milliseconds(5))) {
      }
    }
    // The next call tells what a call that was given up would have told.
    if (!context->IsCancelled()) changed_ = false;
    for (const auto& [id, lease] : wanted_) *response->add_leases() = lease;
    return grpc::Status::OK;
  }

  void Want(const std::string& lease_id) {
    absl::MutexLock lock(&mutex_);
    v1::Lease& lease = wanted_[lease_id];
    lease.set_lease_id(lease_id);
    lease.mutable_task()->set_task_id(absl::StrCat("task of ", lease_id));
    changed_ = true;
  }
  void Unwant(const std::string& lease_id) {
    absl::MutexLock lock(&mutex_);
    wanted_.erase(lease_id);
    changed_ = true;
  }
  void Acknowledge(bool acknowledging) {
    absl::MutexLock lock(&mutex_);
    acknowledging_ = acknowledging;
    changed_ = true;
  }

  // The version of the protocol that it says it speaks.
  void Speak(int protocol) {
    absl::MutexLock lock(&mutex_);
    protocol_ = protocol;
  }

  // Answers with leases do not arrive before the worker gives up the call.
  void LoseLeases(bool losing) {
    absl::MutexLock lock(&mutex_);
    losing_ = losing;
  }
  void AwaitLost() {
    absl::MutexLock lock(&mutex_);
    mutex_.Await(absl::Condition(&lost_));
  }

  // Waits until a request satisfies `condition`.
  template <typename Condition>
  v1::SyncRequest AwaitRequest(const Condition& condition) {
    absl::MutexLock lock(&mutex_);
    const auto holds = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return condition(last_);
    };
    mutex_.Await(absl::Condition(&holds));
    return last_;
  }

  // How many calls brought results.
  int told() {
    absl::MutexLock lock(&mutex_);
    return told_;
  }

  v1::LeaseResult AwaitResult() {
    absl::MutexLock lock(&mutex_);
    const auto there = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return !results_.empty();
    };
    mutex_.Await(absl::Condition(&there));
    v1::LeaseResult result = std::move(results_.front());
    results_.pop_front();
    return result;
  }

 private:
  absl::Mutex mutex_;
  std::map<std::string, v1::Lease> wanted_ ABSL_GUARDED_BY(mutex_);
  bool changed_ ABSL_GUARDED_BY(mutex_) = false;
  bool acknowledging_ ABSL_GUARDED_BY(mutex_) = true;
  bool losing_ ABSL_GUARDED_BY(mutex_) = false;
  bool lost_ ABSL_GUARDED_BY(mutex_) = false;
  int told_ ABSL_GUARDED_BY(mutex_) = 0;
  int protocol_ ABSL_GUARDED_BY(mutex_) = 0;
  v1::SyncRequest last_ ABSL_GUARDED_BY(mutex_);
  std::set<std::string> seen_ ABSL_GUARDED_BY(mutex_);
  std::deque<v1::LeaseResult> results_ ABSL_GUARDED_BY(mutex_);
};

// Tasks that end when the test says so, or when they are cancelled.
class FakeExecutor : public TaskExecutor {
 public:
  absl::StatusOr<v1::TaskResult> Execute(const v1::Task&,
                                         TaskControl& control) override {
    control.SetActivity("working");
    control.AddFetched(42);
    absl::MutexLock lock(&mutex_);
    ++begun_;
    const auto over = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return finished_ || control.cancelled();
    };
    while (!mutex_.AwaitWithTimeout(absl::Condition(&over),
                                    absl::Milliseconds(2))) {
    }
    if (control.cancelled()) {
      ++cancelled_;
      return absl::CancelledError("cancelled");
    }
    return outcome_;
  }

  void Finish(absl::StatusOr<v1::TaskResult> outcome = v1::TaskResult()) {
    absl::MutexLock lock(&mutex_);
    outcome_ = std::move(outcome);
    finished_ = true;
  }
  void AwaitBegun(int count) {
    absl::MutexLock lock(&mutex_);
    const auto reached = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return begun_ >= count;
    };
    mutex_.Await(absl::Condition(&reached));
  }
  void AwaitCancelled(int count) {
    absl::MutexLock lock(&mutex_);
    const auto reached = [this, count]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return cancelled_ >= count;
    };
    mutex_.Await(absl::Condition(&reached));
  }
  int begun() {
    absl::MutexLock lock(&mutex_);
    return begun_;
  }

 private:
  absl::Mutex mutex_;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  int begun_ ABSL_GUARDED_BY(mutex_) = 0;
  int cancelled_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::StatusOr<v1::TaskResult> outcome_ ABSL_GUARDED_BY(mutex_) =
      v1::TaskResult();
};

}  // namespace kso::worker

#endif  // KSO_TESTS_FAKES_SESSION_FIXTURE_H_

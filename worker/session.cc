// SPDX-License-Identifier: Apache-2.0
#include "worker/session.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/proto_time.h"
#include "common/rpc/channel.h"
#include "common/rpc/connection_trouble.h"
#include "common/rpc/protocol_version.h"
#include "common/run/retry.h"
#include "common/text/printable_text.h"
#include "common/text/text.h"

namespace kso::worker {
namespace {

// A little longer than the coordinator parks a call, which depends on whether
// the worker has something to do: proto/kso/v1/worker.proto.
constexpr absl::Duration kCallTimeout = absl::Seconds(15);
constexpr absl::Duration kIdleCallTimeout = absl::Seconds(60);
// For a coordinator that does not answer just when leases are handed back.
constexpr absl::Duration kHandBackPatience = absl::Seconds(10);
constexpr BackoffOptions kBackoff = {.first = absl::Milliseconds(200),
                                     .longest = absl::Seconds(5)};

// Returns whether the other side, or gRPC on either side, could not take the
// request or make an answer of it. The codes are gRPC's own for messages that
// are too large or cannot be parsed (grpc.io/docs/guides/status-codes).
bool RefusesRequest(const grpc::Status& status) {
  switch (status.error_code()) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
    case grpc::StatusCode::INTERNAL:
    case grpc::StatusCode::UNKNOWN:
    case grpc::StatusCode::DATA_LOSS:
      return true;
    default:
      return false;
  }
}

bool HasNothing(const Leases& leases) {
  const Leases::Snapshot snapshot = leases.Look();
  return snapshot.held.empty() && snapshot.results.empty();
}

}  // namespace

Session::Session(v1::WorkerService::StubInterface* stub, Clock* clock,
                 Describe describe, Report report, Hear hear)
    : stub_(stub),
      clock_(clock),
      describe_(std::move(describe)),
      report_(std::move(report)),
      hear_(std::move(hear)),
      conversation_(RandomHex(32)) {}

Session::End Session::Run(Leases& leases) {
  std::optional<Backoff> backoff;
  bool handed_back = false;
  while (true) {
    {
      absl::MutexLock lock(&mutex_);
      if (stopping_) return End::kStopped;
      // A change from here on may be missing in the request.
      woken_ = false;
    }
    if (!handed_back && clock_->Now() >= hand_back_at()) {
      handed_back = true;
      leases.ReturnAll();
    }
    const v1::SyncRequest request = MakeRequest(leases);
    v1::SyncResponse response;
    const grpc::Status status = Call(request, response);
    if (status.ok()) {
      NoteOutcome(status);
      backoff.reset();
      if (hear_) hear_(response);
      conversation_.Apply(request, response, leases);
      if (request.draining() && HasNothing(leases)) return End::kDrained;
      Pause(FromProto(response.next_sync()), /*may_wake=*/true);
    } else if (!Interrupted() &&
               (handed_back || clock_->Now() < hand_back_at())) {
      // Nobody has to hear of a worker with empty hands.
      if (request.draining() && HasNothing(leases)) return End::kDrained;
      if (clock_->Now() >= hand_back_at() + kHandBackPatience) {
        return End::kUnheard;
      }
      NoteOutcome(status);
      if (RefusesRequest(status)) {
        const std::string news =
            conversation_.Refused(request, status.error_message());
        if (!news.empty()) report_(news);
      }
      if (!backoff.has_value()) backoff.emplace(kBackoff);
      Pause(backoff->Next(), /*may_wake=*/false);
    }
  }
}

v1::SyncRequest Session::MakeRequest(const Leases& leases) {
  bool draining;
  {
    absl::MutexLock lock(&mutex_);
    draining = draining_;
  }
  return conversation_.MakeRequest(describe_(), draining, leases);
}

grpc::Status Session::Call(const v1::SyncRequest& request,
                           v1::SyncResponse& response) {
  grpc::ClientContext context;
  {
    absl::MutexLock lock(&mutex_);
    if (woken_ || stopping_) return grpc::Status::CANCELLED;
    // A call that is parked must not outlast the patience of Drain.
    const bool idle = request.held().empty() && request.results().empty();
    absl::Duration timeout = idle ? kIdleCallTimeout : kCallTimeout;
    const absl::Duration left = hand_back_at_ - clock_->Now();
    if (left > absl::ZeroDuration()) timeout = std::min(timeout, left);
    context.set_deadline(std::chrono::system_clock::now() +
                         absl::ToChronoMilliseconds(timeout) +
                         std::chrono::milliseconds(1));
    call_ = &context;
    call_waits_ = request.results().empty();
  }
  grpc::Status status = stub_->Sync(&context, request, &response);
  // An answer that is not understood is none.
  if (status.ok()) {
    status = rpc::ToGrpc(rpc::CheckProtocol(response.protocol(),
                                            "the coordinator", "this worker"));
  }
  absl::MutexLock lock(&mutex_);
  call_ = nullptr;
  return status;
}

void Session::Pause(absl::Duration delay, bool may_wake) {
  absl::MutexLock lock(&mutex_);
  const bool draining = draining_;
  const auto due = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    return stopping_ || draining_ != draining || (may_wake && woken_);
  };
  if (delay <= absl::ZeroDuration()) return;
  clock_->AwaitWithDeadline(&mutex_, absl::Condition(&due),
                            clock_->Now() + delay);
}

bool Session::Interrupted() {
  absl::MutexLock lock(&mutex_);
  return woken_ || stopping_;
}

void Session::NoteOutcome(const grpc::Status& status) {
  std::string outcome;
  if (status.ok()) {
    outcome = "connected to the coordinator";
  } else if (status.error_code() == grpc::StatusCode::UNAVAILABLE ||
             status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
    const absl::Status said = rpc::FromGrpc(status);
    const absl::Status explained = rpc::ExplainConnection(said);
    // Where nothing is known of the reason, gRPC's words differ from try to
    // try, and each would be a line of the log.
    outcome = absl::StrCat(
        "the coordinator does not answer", explained == said ? "" : ": ",
        explained == said ? absl::string_view() : explained.message(),
        "; the work goes on, and so do the tries to reach it");
  } else {
    outcome = absl::StrCat("the coordinator refuses this worker: ",
                           PrintableText(status.error_message(), 512));
  }
  if (outcome == last_outcome_) return;
  last_outcome_ = outcome;
  report_(outcome);
}

void Session::Wake() {
  absl::MutexLock lock(&mutex_);
  woken_ = true;
  if (call_ != nullptr && call_waits_) call_->TryCancel();
}

void Session::Interrupt() {
  absl::MutexLock lock(&mutex_);
  woken_ = true;
  if (call_ != nullptr) call_->TryCancel();
}

absl::Time Session::hand_back_at() {
  absl::MutexLock lock(&mutex_);
  return hand_back_at_;
}

void Session::Drain(absl::Duration patience) {
  {
    absl::MutexLock lock(&mutex_);
    draining_ = true;
    hand_back_at_ = clock_->Now() + patience;
  }
  Interrupt();
}

void Session::Stop() {
  {
    absl::MutexLock lock(&mutex_);
    stopping_ = true;
  }
  Interrupt();
}

}  // namespace kso::worker

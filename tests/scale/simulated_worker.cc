// SPDX-License-Identifier: Apache-2.0
#include "tests/scale/simulated_worker.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/scale/load.h"

namespace kso::scale {

void Tally::Granted(absl::Time when) {
  absl::MutexLock lock(&mutex_);
  first_grant_ = std::min(first_grant_, when);
  last_grant_ = std::max(last_grant_, when);
}

void Tally::Waited(absl::Duration wait) {
  absl::MutexLock lock(&mutex_);
  waits_.push_back(wait);
}

void Tally::Finished(int tasks) {
  absl::MutexLock lock(&mutex_);
  finished_ += tasks;
}

void Tally::Failed() {
  absl::MutexLock lock(&mutex_);
  ++failed_calls_;
}

absl::Status Tally::AwaitFinished(int tasks, absl::Duration timeout) {
  const auto enough = [&]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return finished_ >= tasks;
  };
  absl::MutexLock lock(&mutex_);
  if (mutex_.AwaitWithTimeout(absl::Condition(&enough), timeout)) {
    return absl::OkStatus();
  }
  return absl::DeadlineExceededError(absl::StrCat(
      "only ", finished_, " of ", tasks, " tasks were finished in ",
      absl::FormatDuration(timeout), ", and ", failed_calls_, " calls failed"));
}

absl::Time Tally::first_grant() const {
  absl::MutexLock lock(&mutex_);
  return first_grant_;
}

absl::Time Tally::last_grant() const {
  absl::MutexLock lock(&mutex_);
  return last_grant_;
}

std::vector<absl::Duration> Tally::Waits() const {
  absl::MutexLock lock(&mutex_);
  std::vector<absl::Duration> waits = waits_;
  std::sort(waits.begin(), waits.end());
  return waits;
}

SimulatedWorker::SimulatedWorker(const std::string& name, int slots,
                                 std::shared_ptr<grpc::Channel> channel,
                                 Tally* tally)
    : tally_(tally), stub_(v1::WorkerService::NewStub(std::move(channel))) {
  v1::WorkerInfo& info = *request_.mutable_worker();
  info.set_name(name);
  info.set_slots(slots);
  info.set_version("scale");
  info.set_can_execute(true);
  info.set_disk_free_bytes(int64_t{1} << 40);
  v1::PlatformSupport& support = *info.add_platforms();
  support.mutable_platform()->set_os("linux");
  support.mutable_platform()->set_architecture("amd64");
  support.set_native(true);
  request_.set_session(name + "-session");
  request_.set_free_slots(slots);
}

SimulatedWorker::~SimulatedWorker() = default;

void SimulatedWorker::Start() { Call(); }

void SimulatedWorker::Stop() {
  absl::MutexLock lock(&mutex_);
  stopping_ = true;
  if (context_ != nullptr) context_->TryCancel();
  const auto ended = [this]() ABSL_SHARED_LOCKS_REQUIRED(mutex_) {
    return !calling_;
  };
  mutex_.Await(absl::Condition(&ended));
}

void SimulatedWorker::Call() {
  request_.set_sequence(request_.sequence() + 1);
  freed_slot_ = !request_.results().empty();
  sent_ = absl::Now();
  response_.Clear();
  grpc::ClientContext* context = nullptr;
  {
    absl::MutexLock lock(&mutex_);
    if (stopping_) {
      calling_ = false;
      return;
    }
    calling_ = true;
    context_ = std::make_unique<grpc::ClientContext>();
    context = context_.get();
  }
  stub_->async()->Sync(context, &request_, &response_,
                       [this](grpc::Status status) { OnReply(status); });
}

void SimulatedWorker::OnReply(const grpc::Status& status) {
  if (!status.ok()) {
    absl::MutexLock lock(&mutex_);
    if (!stopping_) tally_->Failed();
    calling_ = false;
    return;
  }
  TakeLeases();
  Call();
}

void SimulatedWorker::TakeLeases() {
  const absl::Time now = absl::Now();
  tally_->Finished(response_.acknowledged_lease_ids_size());
  request_.clear_results();
  request_.clear_held();
  int granted = 0;
  for (v1::Lease& lease : *response_.mutable_leases()) {
    const bool held = last_.contains(lease.lease_id());
    granted += !held;
    // The task of a lease that is held is not told again.
    if (held) lease.mutable_task()->Swap(&last_[lease.lease_id()]);
    if (IsLast(lease.task()) && !finish_last_) {
      request_.add_held()->set_lease_id(lease.lease_id());
      last_[lease.lease_id()] = std::move(*lease.mutable_task());
      continue;
    }
    last_.erase(lease.lease_id());
    v1::LeaseResult& result = *request_.add_results();
    result.set_lease_id(lease.lease_id());
    result.set_task_id(lease.task().task_id());
    *result.mutable_result() = ResultOf(lease.task());
  }
  if (granted == 0) return;
  tally_->Granted(now);
  if (freed_slot_) tally_->Waited(now - sent_);
}

}  // namespace kso::scale

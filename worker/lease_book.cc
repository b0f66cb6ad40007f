// SPDX-License-Identifier: Apache-2.0
#include "worker/lease_book.h"

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

// The clocks of two machines may differ. A lease that seems to end sooner than
// this is over when the coordinator says so.
constexpr absl::Duration kShortestLease = absl::Minutes(10);

absl::Time DeadlineOf(const v1::Lease& lease, const Clock* clock) {
  if (clock == nullptr || !lease.has_deadline()) return absl::InfiniteFuture();
  return std::max(absl::FromUnixSeconds(lease.deadline().seconds()),
                  clock->Now() + kShortestLease);
}

}  // namespace

std::optional<oci::LoginPlaces> LeaseBook::LoginsOf(const v1::Task& task) {
  if (!task.has_logins()) return std::nullopt;
  return oci::LoginPlaces::Parse(
             {task.logins().places().begin(), task.logins().places().end()})
      .value_or(oci::LoginPlaces());
}

void LeaseBook::Start(const v1::Lease& lease) {
  const std::string& id = lease.lease_id();
  if (held_.contains(id) || results_.contains(id)) return;
  auto entry =
      std::make_shared<Entry>(lease, clock_, DeadlineOf(lease, clock_));
  held_.emplace(id, entry);
  LaneOf(*entry).queue.push_back(std::move(entry));
}

LeaseBook::Lane& LeaseBook::LaneOf(const Entry& entry) {
  const v1::Task& task = entry.lease.task();
  const bool is_question = task.has_resolve_file() || task.has_resolve_image();
  return is_question ? questions_ : work_;
}

void LeaseBook::Return(const v1::Lease& lease) {
  if (!held_.contains(lease.lease_id())) SetReturned(lease);
}

void LeaseBook::ReturnAll() {
  for (const auto& [id, entry] : held_) {
    entry->control.Cancel();
    SetReturned(entry->lease);
  }
  held_.clear();
}

void LeaseBook::SetReturned(const v1::Lease& lease) {
  v1::LeaseResult result;
  result.set_lease_id(lease.lease_id());
  result.set_task_id(lease.task().task_id());
  result.set_returned(true);
  results_.try_emplace(lease.lease_id(), std::move(result));
}

void LeaseBook::KeepOnly(const std::vector<std::string>& wanted) {
  const absl::flat_hash_set<std::string> keep(wanted.begin(), wanted.end());
  std::erase_if(held_, [&keep](const auto& held) {
    if (keep.contains(held.first)) return false;
    held.second->control.Cancel();
    return true;
  });
  std::erase_if(results_, [&keep](const auto& result) {
    return !keep.contains(result.first);
  });
}

void LeaseBook::Forget(const std::string& lease_id) {
  results_.erase(lease_id);
}

Leases::Snapshot LeaseBook::Look() const {
  Snapshot snapshot;
  for (const auto& [id, entry] : held_) {
    v1::HeldLease held;
    held.set_lease_id(id);
    held.set_task_id(entry->lease.task().task_id());
    const TaskControl& control = entry->control;
    held.set_activity(control.activity());
    held.set_host(control.host());
    held.set_bytes_fetched(control.bytes_fetched());
    held.set_bytes_pushed(control.bytes_pushed() + control.bytes_pushing());
    held.set_bytes_done(held.bytes_fetched() + held.bytes_pushed());
    snapshot.held.push_back(std::move(held));
  }
  for (const auto& [id, result] : results_) snapshot.results.push_back(result);
  // In the shares of a slot that questions take. A slot that they use in part
  // counts as free, or they would never fill it.
  const int free = kQuestionsASlot * (slots_ - work_.taken());
  snapshot.free_slots =
      std::max(0, free - questions_.taken() + kQuestionsASlot - 1) /
      kQuestionsASlot;
  return snapshot;
}

std::shared_ptr<LeaseBook::Entry> LeaseBook::Take() {
  if (!CanTake()) return nullptr;
  Lane& lane = CanTakeWork() ? work_ : questions_;
  std::shared_ptr<Entry> entry = std::move(lane.queue.front());
  lane.queue.pop_front();
  ++lane.at_work;
  return entry;
}

void LeaseBook::Finish(const Entry& entry,
                       const absl::StatusOr<v1::TaskResult>& result) {
  const v1::Task& task = entry.lease.task();
  --LaneOf(entry).at_work;
  const auto held = held_.find(entry.lease.lease_id());
  // A lease that was stopped, and perhaps given anew since.
  if (held == held_.end() || held->second.get() != &entry) return;
  held_.erase(held);
  if (entry.control.unwanted()) return;

  v1::LeaseResult& outcome = results_[entry.lease.lease_id()];
  outcome.set_lease_id(entry.lease.lease_id());
  outcome.set_task_id(task.task_id());
  if (result.ok()) {
    *outcome.mutable_result() = *result;
    outcome.mutable_result()->set_bytes_fetched(entry.control.bytes_fetched());
    outcome.mutable_result()->set_bytes_pushed(entry.control.bytes_pushed());
  } else if (entry.control.expired()) {
    *outcome.mutable_failure() =
        ToFailure(WorkerTrouble(absl::DeadlineExceededError(
                      "it was not done when its lease ended; its last step: " +
                      entry.control.activity())),
                  task.name());
  } else {
    *outcome.mutable_failure() = ToFailure(result.status(), task.name());
  }
}

void LeaseBook::CancelAll() {
  for (const auto& [id, entry] : held_) entry->control.Cancel();
}

void LeaseBook::StopExpired() {
  for (const auto& [id, entry] : held_) entry->control.StopIfExpired();
}

absl::Time LeaseBook::NextDeadline() const {
  absl::Time next = absl::InfiniteFuture();
  for (const auto& [id, entry] : held_) {
    if (entry->control.stop_token().stop_requested()) continue;
    next = std::min(next, entry->control.deadline());
  }
  return next;
}

}  // namespace kso::worker

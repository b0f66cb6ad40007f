// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_TRANSACTION_H_
#define KSO_COORDINATOR_ENGINE_TRANSACTION_H_

#include <set>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "coordinator/core/state/state.h"

namespace kso::coordinator {

// One turn of the engine: the records that it decides on, which are in force in
// memory at once, and what waits until they are durable. Not thread safe.
class Transaction {
 public:
  Transaction(State* state, absl::Time now) : state_(state), now_(now) {
    state_->AdvanceTo(now);
  }

  absl::Time now() const { return now_; }
  const State& state() const { return *state_; }

  // The effect of a record is in State::Apply, under the record's name, and in
  // force when this returns.
  //
  // Dates the record and applies it, and then what the memo makes of it
  // (core/flow/remember.h). A record that does not fit is an error in the
  // engine itself: it makes the turn fail, and is not kept.
  void Record(v1::JournalRecord record);
  void Record(std::vector<v1::JournalRecord> records);

  // Names of the workers whose leases changed since it was asked last, in this
  // turn or an earlier one.
  std::set<std::string> TakeLeaseChanges() {
    return state_->TakeLeaseChanges();
  }

  // Called after the commit, in order.
  void Defer(absl::AnyInvocable<void()> reaction);

  const absl::Status& status() const { return status_; }
  const std::vector<v1::JournalRecord>& records() const { return records_; }
  void RunDeferred();

 private:
  State* const state_;
  const absl::Time now_;
  absl::Status status_;
  std::vector<v1::JournalRecord> records_;
  std::vector<absl::AnyInvocable<void()>> deferred_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_TRANSACTION_H_

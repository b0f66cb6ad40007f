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

// One turn of the engine: the records that it decides on, which take effect in
// memory at once, and the reactions that wait until these are durable. Not
// thread safe.
class Transaction {
 public:
  Transaction(State* state, absl::Time now) : state_(state), now_(now) {
    state_->AdvanceTo(now);
  }

  absl::Time now() const { return now_; }
  const State& state() const { return *state_; }

  // Dates the record and applies it: its effect is in State::Apply, under the
  // record's name, and in force when this returns. The records about memories
  // that follow from it are recorded, too (core/flow/remember.h). A record that
  // does not fit is an error in the engine itself, and makes the turn fail.
  void Record(v1::JournalRecord record);
  void Record(std::vector<v1::JournalRecord> records);

  // The names of the workers whose leases have changed since the last call, in
  // this turn or an earlier one.
  std::set<std::string> TakeLeaseChanges() {
    return state_->TakeLeaseChanges();
  }

  // Adds a reaction. They run after the commit, in this order.
  void Defer(absl::AnyInvocable<void()> reaction);

  const absl::Status& status() const { return status_; }
  const std::vector<v1::JournalRecord>& records() const { return records_; }
  void RunDeferred();

 private:
  absl::Status RecordNow(v1::JournalRecord record);

  State* const state_;
  const absl::Time now_;
  absl::Status status_;
  std::vector<v1::JournalRecord> records_;
  std::vector<absl::AnyInvocable<void()>> deferred_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_TRANSACTION_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAULT_CRASHING_STORE_H_
#define KSO_TESTS_FAULT_CRASHING_STORE_H_

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "coordinator/core/base/record_subject.h"
#include "coordinator/store/state_store.h"
#include "tests/fault/dice.h"
#include "tests/fault/faults.h"

namespace kso::testing {

// A journal that outlives coordinators. Commits fail as `faults` says: before
// anything is durable, or after everything is, when the answer is lost.
class CrashingStore : public coordinator::StateStore {
 public:
  // Called with each record once it is durable.
  using OnDurable = std::function<void(const v1::JournalRecord&)>;

  CrashingStore(const Faults* faults, Dice dice, OnDurable on_durable)
      : faults_(*faults), dice_(dice), on_durable_(std::move(on_durable)) {}

  absl::Status Commit(absl::Span<const v1::JournalRecord> records) override {
    if (records.empty()) return absl::OkStatus();
    if (dice_.Chance(faults_.failed_commit)) {
      return absl::UnavailableError("the disk is full");
    }
    for (const v1::JournalRecord& record : records) {
      if (!forgets_ || !forgets_(record)) Keep(record);
      on_durable_(record);
    }
    if (dice_.Chance(faults_.crash_after_commit)) {
      return absl::UnavailableError("the machine went down");
    }
    return absl::OkStatus();
  }

  absl::Status Replay(
      const std::function<absl::Status(const v1::JournalRecord&)>& apply)
      override {
    v1::JournalRecord record;
    for (const auto& [subject, bytes] : journal_) {
      if (!record.ParseFromString(bytes)) {
        return absl::DataLossError("a record of the journal is damaged");
      }
      if (absl::Status status = apply(record); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  // A planted fault, to try the invariants: records that are said to be durable
  // are not.
  void Forget(std::function<bool(const v1::JournalRecord&)> forgets) {
    forgets_ = std::move(forgets);
  }

 private:
  void Keep(const v1::JournalRecord& record) {
    coordinator::RecordSubject subject = coordinator::SubjectOf(record);
    if (!subject.over) {
      journal_.emplace_back(std::move(subject.name),
                            record.SerializeAsString());
      return;
    }
    std::erase_if(journal_, [&subject](const auto& kept) {
      return kept.first == subject.name;
    });
  }

  const Faults& faults_;
  Dice dice_;
  const OnDurable on_durable_;
  std::function<bool(const v1::JournalRecord&)> forgets_;
  // The records as bytes, with their subjects.
  std::vector<std::pair<std::string, std::string>> journal_;
};

}  // namespace kso::testing

#endif  // KSO_TESTS_FAULT_CRASHING_STORE_H_

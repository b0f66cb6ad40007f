// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_BUILD_GUARD_H_
#define KSO_COORDINATOR_ENGINE_BUILD_GUARD_H_

#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "coordinator/core/state/build_entry.h"
#include "coordinator/engine/transaction.h"
#include "coordinator/store/work_mark.h"
#include "kso/v1/journal.pb.h"

namespace kso::coordinator {

// Keeps one build's trouble its own. What a decision on a build throws, or
// wants to write that the journal does not take, fails that build; a build that
// has ended the process kMostInterruptions times in a row, by a decision on it
// or while its images were assembled, is failed at the next start, before
// anything else is done for it. Not thread safe.
class BuildGuard {
 public:
  // `mark` may be null: then what ends the process is not noticed. It must
  // outlive the guard.
  explicit BuildGuard(WorkMark* mark) : mark_(mark) {}

  // Returns whether the process before ended while it was busy with a build.
  bool was_interrupted() const {
    return mark_ != nullptr && !mark_->interrupted().empty();
  }
  // At the start, before any decision: counts that against those builds. The
  // records must be committed before the first turn.
  void NoteInterruption(Transaction& turn) const;

  // Records what `decide` returns, or that the build has failed. Returns
  // whether anything was recorded.
  bool Decide(Transaction& turn, const BuildEntry& build,
              absl::FunctionRef<std::vector<v1::JournalRecord>()> decide) const;

  // Runs a part of a decision that records nothing itself, and returns what it
  // throws as an error.
  absl::Status Run(const std::string& build_id,
                   absl::FunctionRef<void()> work) const;

  // RESOURCE_EXHAUSTED when one of the records is over kLargestRecord.
  static absl::Status CheckSizes(const std::vector<v1::JournalRecord>& records);

  // The record of a build that fails since it could not be decided on.
  static v1::JournalRecord Failed(const BuildEntry& build,
                                  const absl::Status& why);

 private:
  WorkMark* const mark_;
};

// After so many the build is set aside.
inline constexpr int kMostInterruptions = 2;

// The largest record that the journal is given; SQLite takes a little less than
// 1 GB (sqlite.org/limits.html, "Maximum length of a string or BLOB").
inline constexpr size_t kLargestRecord = size_t{256} << 20;

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_BUILD_GUARD_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STORE_STATE_STORE_H_
#define KSO_COORDINATOR_STORE_STATE_STORE_H_

#include <functional>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "kso/v1/journal.pb.h"

namespace kso::coordinator {

// Keeps the coordinator's journal. One caller at a time.
class StateStore {
 public:
  virtual ~StateStore() = default;

  // Commits the records, all or none: appends each, but for one that puts an
  // end to its subject (record_subject.h), which deletes that subject's
  // records. When it returns OK they survive a crash of the machine; after an
  // error the store must not be used any more.
  virtual absl::Status Commit(absl::Span<const v1::JournalRecord> records) = 0;

  // Hands over every record in order, and stops at the first error of `apply`,
  // which it returns with the record's place. DATA_LOSS when a record is
  // missing or damaged.
  virtual absl::Status Replay(
      const std::function<absl::Status(const v1::JournalRecord&)>& apply) = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STORE_STATE_STORE_H_

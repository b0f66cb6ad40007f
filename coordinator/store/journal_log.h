// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STORE_JOURNAL_LOG_H_
#define KSO_COORDINATOR_STORE_JOURNAL_LOG_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "coordinator/store/state_store.h"
#include "kso/v1/journal.pb.h"

namespace kso::coordinator {

// A store that writes what becomes durable in it to the program's log, with the
// ids of builds, tasks and workers: every decision of the coordinator is a
// record of the journal. Builds, their phases and the ends of tasks are told,
// not what is only kept account of. Its methods are called as those of any
// StateStore.
class JournalLog final : public StateStore {
 public:
  explicit JournalLog(std::unique_ptr<StateStore> store)
      : store_(std::move(store)) {}

  absl::Status Commit(absl::Span<const v1::JournalRecord> records) override;
  absl::Status Replay(
      const std::function<absl::Status(const v1::JournalRecord&)>& apply)
      override;

 private:
  const std::unique_ptr<StateStore> store_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STORE_JOURNAL_LOG_H_

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/transaction.h"

#include <utility>

#include "common/base/proto_time.h"
#include "common/base/status_macros.h"
#include "common/run/exceptions.h"
#include "common/text/proto_text.h"
#include "coordinator/core/flow/remember.h"

namespace kso::coordinator {

void Transaction::Record(v1::JournalRecord record) {
  if (!status_.ok()) return;
  // A record that was applied in part cannot be taken back, so what is thrown
  // here makes the turn fail.
  status_.Update(WithoutExceptions(
      [&]() -> absl::Status { return RecordNow(std::move(record)); }));
}

absl::Status Transaction::RecordNow(v1::JournalRecord record) {
  *record.mutable_time() = ToProto(now_);
  // Protobuf writes text that it then refuses to read: what is acknowledged
  // must be readable at the next start.
  MakeTextValid(record);
  Complete(*state_, record);
  KSO_RETURN_IF_ERROR(state_->Apply(record));
  std::vector<v1::JournalRecord> memories = MemoriesOf(*state_, record);
  records_.push_back(std::move(record));
  Record(std::move(memories));
  return absl::OkStatus();
}

void Transaction::Record(std::vector<v1::JournalRecord> records) {
  for (v1::JournalRecord& record : records) Record(std::move(record));
}

void Transaction::Defer(absl::AnyInvocable<void()> reaction) {
  deferred_.push_back(std::move(reaction));
}

void Transaction::RunDeferred() {
  for (absl::AnyInvocable<void()>& reaction : deferred_) reaction();
  deferred_.clear();
}

}  // namespace kso::coordinator

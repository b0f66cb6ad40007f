// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/transaction.h"

#include <utility>

#include "common/base/proto_text.h"
#include "common/base/proto_time.h"
#include "coordinator/core/flow/remember.h"

namespace kso::coordinator {

void Transaction::Record(v1::JournalRecord record) {
  *record.mutable_time() = ToProto(now_);
  // Protobuf writes text that it then refuses to read: what is acknowledged
  // must be readable at the next start.
  MakeTextValid(record);
  Complete(*state_, record);
  status_.Update(state_->Apply(record));
  std::vector<v1::JournalRecord> memories = MemoriesOf(*state_, record);
  records_.push_back(std::move(record));
  Record(std::move(memories));
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

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/store/memory_state_store.h"

#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "coordinator/core/base/record_subject.h"

namespace kso::coordinator {
namespace {

class MemoryStateStore : public StateStore {
 public:
  absl::Status Commit(absl::Span<const v1::JournalRecord> records) override {
    absl::MutexLock lock(&mutex_);
    for (const v1::JournalRecord& record : records) {
      const RecordSubject subject = SubjectOf(record);
      if (!subject.over) {
        records_.push_back(record);
        continue;
      }
      std::erase_if(records_, [&](const v1::JournalRecord& each) {
        return SubjectOf(each).name == subject.name;
      });
    }
    return absl::OkStatus();
  }

  absl::Status Replay(
      const std::function<absl::Status(const v1::JournalRecord&)>& apply)
      override {
    absl::MutexLock lock(&mutex_);
    for (const v1::JournalRecord& record : records_) {
      KSO_RETURN_IF_ERROR(apply(record));
    }
    return absl::OkStatus();
  }

 private:
  absl::Mutex mutex_;
  std::vector<v1::JournalRecord> records_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

std::unique_ptr<StateStore> CreateMemoryStateStore() {
  return std::make_unique<MemoryStateStore>();
}

}  // namespace kso::coordinator

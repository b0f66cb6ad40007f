// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STORE_JOURNAL_LOG_H_
#define KSO_COORDINATOR_STORE_JOURNAL_LOG_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/types/span.h"
#include "common/run/executor.h"
#include "coordinator/store/state_store.h"
#include "kso/v1/journal.pb.h"
#include "spdlog/common.h"

namespace kso::coordinator {

// A line of the log, as LogLine takes it (common/log/program_log.h).
struct JournalLogLine {
  spdlog::level::level_enum level = spdlog::level::info;
  std::string text;
  // Empty where the line is not about one.
  std::string build;
  std::string task;
  std::string worker;
};

// A store that writes what becomes durable in it to the program's log, with the
// ids of builds, tasks and workers: every decision of the coordinator is a
// record of the journal. Builds, their phases and the ends of tasks are told,
// not what is only kept account of. Its methods are called as those of any
// StateStore, and do not wait for whatever reads the log: a thread of its own
// writes, and a reader that is too slow for it loses lines, which are counted
// there. What has been committed is written when the object is destroyed.
class JournalLog final : public StateStore {
 public:
  explicit JournalLog(std::unique_ptr<StateStore> store)
      : store_(std::move(store)) {}

  absl::Status Commit(absl::Span<const v1::JournalRecord> records) override;
  absl::Status Replay(
      const std::function<absl::Status(const v1::JournalRecord&)>& apply)
      override;

 private:
  void Queue(std::vector<JournalLogLine> lines);
  void WriteWaiting();

  const std::unique_ptr<StateStore> store_;
  absl::Mutex mutex_;
  std::vector<JournalLogLine> waiting_ ABSL_GUARDED_BY(mutex_);
  int64_t left_out_ ABSL_GUARDED_BY(mutex_) = 0;
  // The last member, so that its thread ends, having written all, before the
  // others go.
  Executor writer_{1};
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STORE_JOURNAL_LOG_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_METRICS_JOURNAL_METRICS_H_
#define KSO_COORDINATOR_METRICS_JOURNAL_METRICS_H_

#include <functional>
#include <memory>
#include <string>
#include <unordered_map>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/run/clock.h"
#include "coordinator/store/state_store.h"
#include "kso/v1/journal.pb.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"

namespace kso::coordinator {

// A store that counts what becomes durable in it, for Prometheus: every
// decision of the coordinator is a record of the journal, so the records are
// all that metrics need to be told. Counters begin at 0 with the process;
// gauges count what the journal held before, too. Its methods are called as
// those of any StateStore; the metrics may be collected from any thread.
class JournalMetrics final : public StateStore {
 public:
  // `clock` and `registry` must outlive it.
  JournalMetrics(std::unique_ptr<StateStore> store, const Clock* clock,
                 prometheus::Registry* registry);

  absl::Status Commit(absl::Span<const v1::JournalRecord> records) override;
  absl::Status Replay(
      const std::function<absl::Status(const v1::JournalRecord&)>& apply)
      override;

 private:
  // Keeps account of what is under way, which is needed for a duration later.
  void Follow(const v1::JournalRecord& record);
  void Count(const v1::JournalRecord& record);
  void CountEnd(const std::string& task_id, const std::string& lease_id,
                absl::Time now, const char* outcome);

  const std::unique_ptr<StateStore> store_;
  const Clock* const clock_;

  prometheus::Histogram& commit_seconds_;
  prometheus::Counter& records_;
  prometheus::Gauge& builds_running_;
  prometheus::Family<prometheus::Counter>& builds_ended_;
  prometheus::Family<prometheus::Histogram>& build_seconds_;
  prometheus::Gauge& leases_held_;
  prometheus::Counter& leases_lost_;
  prometheus::Family<prometheus::Counter>& tasks_ended_;
  prometheus::Family<prometheus::Histogram>& task_seconds_;
  prometheus::Family<prometheus::Histogram>& verification_seconds_;
  prometheus::Family<prometheus::Counter>& retries_;
  prometheus::Family<prometheus::Counter>& bytes_;

  std::unordered_map<std::string, absl::Time> leases_granted_;
  std::unordered_map<std::string, absl::Time> builds_submitted_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_METRICS_JOURNAL_METRICS_H_

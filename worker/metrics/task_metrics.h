// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_METRICS_TASK_METRICS_H_
#define KSO_WORKER_METRICS_TASK_METRICS_H_

#include <cstdint>
#include <memory>

#include "common/run/clock.h"
#include "prometheus/counter.h"
#include "prometheus/family.h"
#include "prometheus/gauge.h"
#include "prometheus/histogram.h"
#include "prometheus/registry.h"
#include "worker/task/task_executor.h"

namespace kso::worker {

// An executor that counts what another one does, for Prometheus. Thread safe.
class TaskMetrics final : public TaskExecutor {
 public:
  // `clock` and `registry` must outlive it.
  TaskMetrics(std::unique_ptr<TaskExecutor> next, const Clock* clock,
              prometheus::Registry* registry);

  absl::StatusOr<v1::TaskResult> Execute(const v1::Task& task,
                                         TaskControl& control) override;

 private:
  // `bytes_fetched` are those of the task, which its result has once it is
  // reported.
  void CountMembers(const v1::MakeLayer& work, const v1::TaskResult& result,
                    int64_t bytes_fetched);

  const std::unique_ptr<TaskExecutor> next_;
  const Clock* const clock_;
  prometheus::Gauge& running_;
  prometheus::Family<prometheus::Histogram>& seconds_;
  prometheus::Counter& cached_bytes_;
  prometheus::Counter& fetched_bytes_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_METRICS_TASK_METRICS_H_

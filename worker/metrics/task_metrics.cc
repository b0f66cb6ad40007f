// SPDX-License-Identifier: Apache-2.0
#include "worker/metrics/task_metrics.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>

#include "absl/status/status.h"

namespace kso::worker {
namespace {

const prometheus::Histogram::BucketBoundaries& Buckets() {
  static const prometheus::Histogram::BucketBoundaries buckets = {
      .01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600};
  return buckets;
}

const char* KindOf(const v1::Task& task) {
  switch (task.work_case()) {
    case v1::Task::kResolveFile:
      return "resolve_file";
    case v1::Task::kResolveImage:
      return "resolve_image";
    case v1::Task::kMakeLayer:
      return "make_layer";
    case v1::Task::kCopyBlobs:
      return "copy_blobs";
    case v1::Task::kVerifyImage:
      return "verify_image";
    default:
      return "unknown";
  }
}

const char* OutcomeOf(const absl::Status& status) {
  if (status.ok()) return "done";
  return absl::IsCancelled(status) ? "cancelled" : "failed";
}

// Counts as running for as long as it lives.
class Running {
 public:
  explicit Running(prometheus::Gauge* gauge) : gauge_(*gauge) {
    gauge_.Increment();
  }
  ~Running() { gauge_.Decrement(); }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  prometheus::Gauge& gauge_;
};

}  // namespace

TaskMetrics::TaskMetrics(std::unique_ptr<TaskExecutor> next, const Clock* clock,
                         prometheus::Registry* registry)
    : next_(std::move(next)),
      clock_(clock),
      running_(prometheus::BuildGauge()
                   .Name("kso_worker_tasks_running")
                   .Help("Tasks that this worker does at the moment.")
                   .Register(*registry)
                   .Add({})),
      seconds_(prometheus::BuildHistogram()
                   .Name("kso_worker_task_duration_seconds")
                   .Help("Time that tasks took, by kind and outcome.")
                   .Register(*registry)),
      cached_bytes_(prometheus::BuildCounter()
                        .Name("kso_worker_cache_hit_bytes_total")
                        .Help("Bytes of layers' members that the cache had.")
                        .Register(*registry)
                        .Add({})),
      fetched_bytes_(prometheus::BuildCounter()
                         .Name("kso_worker_cache_miss_bytes_total")
                         .Help("Bytes that were fetched for layers' members.")
                         .Register(*registry)
                         .Add({})) {}

absl::StatusOr<v1::TaskResult> TaskMetrics::Execute(const v1::Task& task,
                                                    TaskControl& control) {
  const Running running(&running_);
  const absl::Time begun = clock_->Now();
  absl::StatusOr<v1::TaskResult> result = next_->Execute(task, control);
  seconds_
      .Add({{"kind", KindOf(task)}, {"outcome", OutcomeOf(result.status())}},
           Buckets())
      .Observe(absl::ToDoubleSeconds(clock_->Now() - begun));
  if (result.ok() && task.has_make_layer()) {
    CountMembers(task.make_layer(), *result, control.bytes_fetched());
  }
  return result;
}

void TaskMetrics::CountMembers(const v1::MakeLayer& work,
                               const v1::TaskResult& result,
                               int64_t bytes_fetched) {
  int64_t bytes = 0;
  const auto& made = result.made_layer().members();
  for (int i = 0; i < std::min(made.size(), work.members_size()); ++i) {
    // The bytes of files that the farm itself writes come with the task.
    if (!work.members(i).has_content()) bytes += made[i].size();
  }
  const int64_t fetched = std::clamp(bytes_fetched, int64_t{0}, bytes);
  fetched_bytes_.Increment(static_cast<double>(fetched));
  cached_bytes_.Increment(static_cast<double>(bytes - fetched));
}

}  // namespace kso::worker

// SPDX-License-Identifier: Apache-2.0
#include "worker/metrics/task_metrics.h"

#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/text_serializer.h"
#include "tests/fakes/fake_clock.h"
#include "worker/task/task_control.h"

namespace kso::worker {
namespace {

using ::testing::HasSubstr;

// Takes two seconds for everything, and answers as it is told.
class Slow final : public TaskExecutor {
 public:
  Slow(testing::FakeClock* clock, absl::StatusOr<v1::TaskResult> answer)
      : clock_(clock), answer_(std::move(answer)) {}

  absl::StatusOr<v1::TaskResult> Execute(const v1::Task&,
                                         TaskControl&) override {
    clock_->Advance(absl::Seconds(2));
    return answer_;
  }

 private:
  testing::FakeClock* const clock_;
  const absl::StatusOr<v1::TaskResult> answer_;
};

class TaskMetricsTest : public ::testing::Test {
 protected:
  std::string TextAfter(const v1::Task& task,
                        absl::StatusOr<v1::TaskResult> answer,
                        int64_t fetched = 0) {
    prometheus::Registry registry;
    TaskMetrics metrics(std::make_unique<Slow>(&clock_, answer), &clock_,
                        &registry);
    TaskControl control;
    control.AddFetched(fetched);
    EXPECT_EQ(metrics.Execute(task, control).status(), answer.status());
    return prometheus::TextSerializer().Serialize(registry.Collect());
  }

  testing::FakeClock clock_;
};

TEST_F(TaskMetricsTest, TimesTasksByKindAndOutcome) {
  v1::Task task;
  task.mutable_resolve_file();
  const std::string done = TextAfter(task, v1::TaskResult());
  EXPECT_THAT(done, HasSubstr("kso_worker_task_duration_seconds_sum{kind="
                              "\"resolve_file\",outcome=\"done\"} 2"));
  EXPECT_THAT(done, HasSubstr("\nkso_worker_tasks_running 0\n"));
  EXPECT_THAT(TextAfter(task, absl::NotFoundError("gone")),
              HasSubstr("outcome=\"failed\"} 2"));
  EXPECT_THAT(TextAfter(task, absl::CancelledError("stopped")),
              HasSubstr("outcome=\"cancelled\"} 2"));
}

TEST_F(TaskMetricsTest, WhatWasNotFetchedWasInTheCache) {
  v1::Task task;
  task.mutable_make_layer()->add_members()->mutable_file();
  task.mutable_make_layer()->add_members()->mutable_blob();
  task.mutable_make_layer()->add_members()->set_content("of the farm");
  v1::TaskResult result;
  result.mutable_made_layer()->add_members()->set_size(700);
  result.mutable_made_layer()->add_members()->set_size(300);
  result.mutable_made_layer()->add_members()->set_size(11);
  const std::string text = TextAfter(task, result, /*fetched=*/400);
  EXPECT_THAT(text, HasSubstr("\nkso_worker_cache_hit_bytes_total 600\n"));
  EXPECT_THAT(text, HasSubstr("\nkso_worker_cache_miss_bytes_total 400\n"));
}

}  // namespace
}  // namespace kso::worker

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/metrics/farm_metrics.h"

#include <string>
#include <utility>

#include "absl/time/time.h"
#include "common/base/proto_time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/text_serializer.h"

namespace kso::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string TextOf(const v1::FarmStatus& farm) {
  return prometheus::TextSerializer().Serialize(FarmMetrics(farm));
}

v1::FarmStatus FarmAt(int64_t seconds) {
  v1::FarmStatus farm;
  *farm.mutable_now() = ToProto(absl::FromUnixSeconds(seconds));
  return farm;
}

TEST(FarmMetricsTest, TellsWhatWaitsAndSinceWhen) {
  v1::FarmStatus farm = FarmAt(1000);
  for (const bool must_execute : {false, true}) {
    v1::TaskQueueStatus& queue = *farm.add_queues();
    queue.set_platform("linux/arm64");
    queue.set_must_execute(must_execute);
    queue.set_ready(2);
    queue.set_delayed(1);
    *queue.mutable_oldest() = ToProto(absl::Seconds(must_execute ? 400 : 30));
  }
  farm.add_queues()->set_ready(5);
  const std::string text = TextOf(farm);
  EXPECT_THAT(text, HasSubstr("kso_queue_tasks{platform=\"linux/arm64\"} 4\n"));
  EXPECT_THAT(text, HasSubstr("kso_queue_tasks{platform=\"any\"} 5\n"));
  EXPECT_THAT(text,
              HasSubstr("kso_queue_delayed_tasks{platform=\"linux/arm64\"} 2"));
  EXPECT_THAT(text, HasSubstr("kso_queue_oldest_timestamp_seconds{platform="
                              "\"linux/arm64\"} 600\n"));
}

TEST(FarmMetricsTest, WhereNothingWaitsThereIsNoOldest) {
  v1::FarmStatus farm = FarmAt(1000);
  farm.add_queues()->set_platform("linux/amd64");
  EXPECT_THAT(TextOf(farm),
              Not(HasSubstr("kso_queue_oldest_timestamp_seconds{")));
}

TEST(FarmMetricsTest, TellsQuotasOfHostsThatHaveThem) {
  v1::FarmStatus farm = FarmAt(1000);
  v1::HostLimit& hub = *farm.add_hosts();
  hub.set_host("registry-1.docker.io");
  hub.mutable_quota()->set_limit(100);
  hub.mutable_quota()->set_remaining(7);
  hub.set_tasks_waiting(3);
  *hub.mutable_paused_for() = ToProto(absl::Seconds(90));
  farm.add_hosts()->set_host("quay.io");
  const std::string text = TextOf(farm);
  EXPECT_THAT(text, HasSubstr("kso_host_quota_limit{host="
                              "\"registry-1.docker.io\"} 100\n"));
  EXPECT_THAT(text, HasSubstr("kso_host_quota_remaining{host="
                              "\"registry-1.docker.io\"} 7\n"));
  EXPECT_THAT(text, HasSubstr("kso_host_waiting_tasks{host="
                              "\"registry-1.docker.io\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("kso_host_paused_seconds{host="
                              "\"registry-1.docker.io\"} 90\n"));
  EXPECT_THAT(text, HasSubstr("kso_host_paused_seconds{host=\"quay.io\"} 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("kso_host_quota_limit{host=\"quay.io\"}")));
  EXPECT_THAT(text, HasSubstr("kso_host_waiting_tasks{host=\"quay.io\"} 0\n"));
}

TEST(FarmMetricsTest, TellsTheSlotsOfEachPlatformAndHowManyAreInUse) {
  v1::FarmStatus farm = FarmAt(1000);
  v1::PlatformPool& pool = *farm.add_platforms();
  pool.set_platform("linux/arm64");
  pool.set_slots(8);
  pool.set_slots_used(3);
  const std::string text = TextOf(farm);
  EXPECT_THAT(text, HasSubstr("kso_slots{platform=\"linux/arm64\"} 8\n"));
  EXPECT_THAT(text, HasSubstr("kso_slots_used{platform=\"linux/arm64\"} 3\n"));
}

TEST(FarmMetricsTest, EachMetricSaysWhatItIs) {
  EXPECT_THAT(TextOf(FarmAt(1000)),
              HasSubstr("# HELP kso_workers Workers of the farm, by state.\n"
                        "# TYPE kso_workers gauge\n"));
}

TEST(FarmMetricsTest, CountsWorkersInEachStateThatThereIs) {
  v1::FarmStatus farm = FarmAt(1000);
  for (const auto& [state, count] :
       {std::pair(v1::WorkerStatus::READY, 3),
        std::pair(v1::WorkerStatus::UNHEALTHY, 1)}) {
    v1::WorkerCount& workers = *farm.add_workers();
    workers.set_state(state);
    workers.set_count(count);
  }
  const std::string text = TextOf(farm);
  EXPECT_THAT(text, HasSubstr("kso_workers{state=\"ready\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("kso_workers{state=\"unhealthy\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("kso_workers{state=\"draining\"} 0\n"));
  EXPECT_THAT(text, HasSubstr("kso_workers{state=\"lost\"} 0\n"));
}

}  // namespace
}  // namespace kso::coordinator

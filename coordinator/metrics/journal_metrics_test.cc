// SPDX-License-Identifier: Apache-2.0
#include "coordinator/metrics/journal_metrics.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/proto_time.h"
#include "coordinator/store/memory_state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"
#include "tests/fakes/fake_clock.h"

namespace kso::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class JournalMetricsTest : public ::testing::Test {
 protected:
  v1::JournalRecord Record() const {
    v1::JournalRecord record;
    *record.mutable_time() = ToProto(clock_.Now());
    return record;
  }

  v1::JournalRecord Submitted(const std::string& build) const {
    v1::JournalRecord record = Record();
    record.mutable_build_submitted()->set_build_id(build);
    return record;
  }

  v1::JournalRecord Ended(const std::string& build,
                          v1::Build::State state) const {
    v1::JournalRecord record = Record();
    record.mutable_build_ended()->set_build_id(build);
    record.mutable_build_ended()->set_state(state);
    return record;
  }

  v1::JournalRecord Granted(const std::string& task,
                            const std::string& lease) const {
    v1::JournalRecord record = Record();
    record.mutable_lease_granted()->set_task_id(task);
    record.mutable_lease_granted()->set_lease_id(lease);
    return record;
  }

  void Commit(v1::JournalRecord record) {
    ASSERT_TRUE(metrics_.Commit({std::move(record)}).ok());
  }

  std::string Text() const {
    return prometheus::TextSerializer().Serialize(registry_.Collect());
  }

  testing::FakeClock clock_;
  prometheus::Registry registry_;
  JournalMetrics metrics_{CreateMemoryStateStore(), &clock_, &registry_};
};

TEST_F(JournalMetricsTest, CountsBuildsByHowTheyEnded) {
  Commit(Submitted("b1"));
  Commit(Submitted("b2"));
  EXPECT_THAT(Text(), HasSubstr("\nkso_builds_running 2\n"));
  clock_.Advance(absl::Seconds(90));
  Commit(Ended("b1", v1::Build::SUCCEEDED));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("\nkso_builds_running 1\n"));
  EXPECT_THAT(text, HasSubstr("kso_builds_ended_total{state=\"succeeded\"} 1"));
  EXPECT_THAT(
      text,
      HasSubstr("kso_build_duration_seconds_sum{state=\"succeeded\"} 90"));
}

TEST_F(JournalMetricsTest, TimesATaskFromItsLease) {
  Commit(Granted("b1/layer/files-003", "l1"));
  EXPECT_THAT(Text(), HasSubstr("\nkso_leases_held 1\n"));
  clock_.Advance(absl::Seconds(7));
  v1::JournalRecord end = Record();
  v1::TaskFinished& finished = *end.mutable_task_finished();
  finished.set_task_id("b1/layer/files-003");
  finished.set_lease_id("l1");
  finished.mutable_result()->set_bytes_fetched(4096);
  Commit(std::move(end));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("\nkso_leases_held 0\n"));
  EXPECT_THAT(text,
              HasSubstr("kso_task_duration_seconds_sum{kind=\"layer\"} 7"));
  EXPECT_THAT(text, HasSubstr("kso_task_bytes_total{direction=\"fetched\","
                              "kind=\"layer\"} 4096"));
}

TEST_F(JournalMetricsTest, TellsWhetherAVerificationWasNative) {
  Commit(Granted("b1/verify/1", "l1"));
  clock_.Advance(absl::Seconds(3));
  v1::JournalRecord end = Record();
  end.mutable_task_finished()->set_task_id("b1/verify/1");
  end.mutable_task_finished()->set_lease_id("l1");
  end.mutable_task_finished()->mutable_result()->mutable_verified_image();
  Commit(std::move(end));
  EXPECT_THAT(
      Text(),
      HasSubstr("kso_verification_duration_seconds_sum{native=\"false\"} 3"));
}

TEST_F(JournalMetricsTest, ALostWorkerIsALostLease) {
  Commit(Granted("b1/layer/1", "l1"));
  v1::JournalRecord lost = Record();
  v1::TaskRequeued& change = *lost.mutable_task_requeued();
  change.set_task_id("b1/layer/1");
  change.set_lease_id("l1");
  change.mutable_failure()->set_kind(v1::Failure::INFRASTRUCTURE);
  Commit(std::move(lost));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("\nkso_leases_lost_total 1\n"));
  EXPECT_THAT(text, HasSubstr("kso_task_retries_total{kind=\"layer\",reason="
                              "\"infrastructure\"} 1"));
}

TEST_F(JournalMetricsTest, AQuotaIsAReasonOfItsOwn) {
  Commit(Granted("b1/resolve/1", "l1"));
  v1::JournalRecord later = Record();
  v1::TaskRequeued& change = *later.mutable_task_requeued();
  change.set_task_id("b1/resolve/1");
  change.set_lease_id("l1");
  change.mutable_failure()->set_kind(v1::Failure::TRANSIENT);
  change.mutable_failure()->set_rate_limited(true);
  *change.mutable_not_before() = ToProto(clock_.Now() + absl::Minutes(5));
  Commit(std::move(later));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("reason=\"rate_limited\"} 1"));
  EXPECT_THAT(text, HasSubstr("\nkso_leases_lost_total 0\n"));
}

// Counters begin with the process, as Prometheus expects; what is under way
// goes on.
TEST_F(JournalMetricsTest, AfterARestartGaugesGoOnAndCountersBeginAgain) {
  auto store = CreateMemoryStateStore();
  ASSERT_TRUE(store
                  ->Commit({Submitted("b1"), Granted("b1/layer/1", "l1"),
                            Submitted("b2"), Ended("b2", v1::Build::FAILED)})
                  .ok());
  prometheus::Registry registry;
  JournalMetrics restarted(std::move(store), &clock_, &registry);
  ASSERT_TRUE(
      restarted
          .Replay([](const v1::JournalRecord&) { return absl::OkStatus(); })
          .ok());
  const std::string text =
      prometheus::TextSerializer().Serialize(registry.Collect());
  EXPECT_THAT(text, HasSubstr("\nkso_builds_running 1\n"));
  EXPECT_THAT(text, HasSubstr("\nkso_leases_held 1\n"));
  EXPECT_THAT(text, HasSubstr("\nkso_journal_records_total 0\n"));
  EXPECT_THAT(text, Not(HasSubstr("kso_builds_ended_total{")));
}

}  // namespace
}  // namespace kso::coordinator

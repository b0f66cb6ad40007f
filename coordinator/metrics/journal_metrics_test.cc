// SPDX-License-Identifier: Apache-2.0
#include "coordinator/metrics/journal_metrics.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "common/base/proto_time.h"
#include "coordinator/store/memory_state_store.h"
#include "coordinator/store/state_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "prometheus/registry.h"
#include "prometheus/text_serializer.h"
#include "tests/fakes/fake_clock.h"

namespace kso::coordinator {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// A store that takes two seconds for a commit, and may refuse it then.
class SlowStore final : public StateStore {
 public:
  SlowStore(testing::FakeClock* clock, absl::Status status)
      : clock_(*clock), status_(std::move(status)) {}

  absl::Status Commit(absl::Span<const v1::JournalRecord>) override {
    clock_.Advance(absl::Seconds(2));
    return status_;
  }
  absl::Status Replay(
      const std::function<absl::Status(const v1::JournalRecord&)>&) override {
    return absl::OkStatus();
  }

 private:
  testing::FakeClock& clock_;
  const absl::Status status_;
};

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

  v1::JournalRecord Finished(const std::string& task, const std::string& lease,
                             const v1::TaskResult& result) const {
    v1::JournalRecord record = Record();
    record.mutable_task_finished()->set_task_id(task);
    record.mutable_task_finished()->set_lease_id(lease);
    *record.mutable_task_finished()->mutable_result() = result;
    return record;
  }

  v1::JournalRecord Failed(const std::string& task,
                           const std::string& lease) const {
    v1::JournalRecord record = Record();
    record.mutable_task_failed()->set_task_id(task);
    record.mutable_task_failed()->set_lease_id(lease);
    return record;
  }

  // Requeued because of a failure of that kind, and for how long.
  v1::JournalRecord Requeued(const std::string& task, const std::string& lease,
                             v1::Failure::Kind kind,
                             absl::Duration delay) const {
    v1::JournalRecord record = Record();
    v1::TaskRequeued& change = *record.mutable_task_requeued();
    change.set_task_id(task);
    change.set_lease_id(lease);
    change.mutable_failure()->set_kind(kind);
    if (delay > absl::ZeroDuration()) {
      *change.mutable_not_before() = ToProto(clock_.Now() + delay);
    }
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
  finished.mutable_result()->set_bytes_pushed(512);
  Commit(std::move(end));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("\nkso_leases_held 0\n"));
  EXPECT_THAT(text,
              HasSubstr("kso_task_duration_seconds_sum{kind=\"layer\"} 7"));
  EXPECT_THAT(text, HasSubstr("kso_task_bytes_total{direction=\"fetched\","
                              "kind=\"layer\"} 4096"));
  EXPECT_THAT(text, HasSubstr("kso_task_bytes_total{direction=\"pushed\","
                              "kind=\"layer\"} 512"));
  EXPECT_THAT(text, HasSubstr("kso_tasks_ended_total{kind=\"layer\","
                              "outcome=\"done\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr("kso_verification_duration_seconds_sum{")));
}

TEST_F(JournalMetricsTest, ATaskThatFailedHasEndedToo) {
  Commit(Granted("b1/copy/files", "l1"));
  clock_.Advance(absl::Seconds(4));
  Commit(Failed("b1/copy/files", "l1"));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("\nkso_leases_held 0\n"));
  EXPECT_THAT(text, HasSubstr("kso_tasks_ended_total{kind=\"copy\","
                              "outcome=\"failed\"} 1"));
  EXPECT_THAT(text,
              HasSubstr("kso_task_duration_seconds_sum{kind=\"copy\"} 4"));
}

TEST_F(JournalMetricsTest, TheKindOfATaskIsTheSecondPartOfItsId) {
  Commit(Failed("b1/tag", "l1"));
  Commit(Failed("odd", "l2"));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("kso_tasks_ended_total{kind=\"tag\","));
  EXPECT_THAT(text, HasSubstr("kso_tasks_ended_total{kind=\"unknown\","));
}

// Nothing is known then of how long it took.
TEST_F(JournalMetricsTest, AnEndWhoseBeginningIsNotKnownIsCounted) {
  Commit(Ended("b1", v1::Build::CANCELLED));
  v1::TaskResult result;
  result.mutable_verified_image();
  Commit(Finished("b1/verify/1", "l1", result));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("kso_builds_ended_total{state=\"cancelled\"} 1"));
  EXPECT_THAT(text, HasSubstr("kso_tasks_ended_total{kind=\"verify\","
                              "outcome=\"done\"} 1"));
  EXPECT_THAT(text, Not(HasSubstr("duration_seconds_sum{")));
}

TEST_F(JournalMetricsTest, ABuildThatIsRetriedRunsAndIsTimedAnew) {
  Commit(Submitted("b1"));
  clock_.Advance(absl::Hours(1));
  Commit(Ended("b1", v1::Build::FAILED));
  v1::JournalRecord retried = Record();
  retried.mutable_build_retried()->set_build_id("b1");
  Commit(std::move(retried));
  EXPECT_THAT(Text(), HasSubstr("\nkso_builds_running 1\n"));
  clock_.Advance(absl::Seconds(30));
  Commit(Ended("b1", v1::Build::SUCCEEDED));
  EXPECT_THAT(
      Text(),
      HasSubstr("kso_build_duration_seconds_sum{state=\"succeeded\"} 30"));
}

TEST_F(JournalMetricsTest, TellsHowLongCommitsTakeAndOfHowManyRecords) {
  prometheus::Registry registry;
  JournalMetrics metrics(std::make_unique<SlowStore>(&clock_, absl::OkStatus()),
                         &clock_, &registry);
  // Where nothing is to be written, nothing is timed.
  ASSERT_TRUE(metrics.Commit({}).ok());
  ASSERT_TRUE(metrics.Commit({Submitted("b1"), Submitted("b2")}).ok());
  const std::string text =
      prometheus::TextSerializer().Serialize(registry.Collect());
  EXPECT_THAT(text,
              HasSubstr("\nkso_journal_commit_duration_seconds_count 1\n"));
  EXPECT_THAT(text, HasSubstr("\nkso_journal_commit_duration_seconds_sum 2\n"));
  EXPECT_THAT(text, HasSubstr("\nkso_journal_records_total 2\n"));
}

TEST_F(JournalMetricsTest, WhatDidNotBecomeDurableIsNotCounted) {
  prometheus::Registry registry;
  JournalMetrics metrics(
      std::make_unique<SlowStore>(&clock_, absl::DataLossError("disk")),
      &clock_, &registry);
  EXPECT_TRUE(absl::IsDataLoss(metrics.Commit({Submitted("b1")})));
  const std::string text =
      prometheus::TextSerializer().Serialize(registry.Collect());
  EXPECT_THAT(text, HasSubstr("\nkso_journal_records_total 0\n"));
  EXPECT_THAT(text, HasSubstr("\nkso_builds_running 0\n"));
}

TEST_F(JournalMetricsTest, TellsWhetherAVerificationWasNative) {
  for (const bool native : {false, true}) {
    Commit(Granted("b1/verify/1", "l1"));
    clock_.Advance(absl::Seconds(native ? 5 : 3));
    v1::TaskResult result;
    result.mutable_verified_image()->set_native(native);
    Commit(Finished("b1/verify/1", "l1", result));
  }
  const std::string text = Text();
  EXPECT_THAT(
      text,
      HasSubstr("kso_verification_duration_seconds_sum{native=\"false\"} 3"));
  EXPECT_THAT(
      text,
      HasSubstr("kso_verification_duration_seconds_sum{native=\"true\"} 5"));
}

TEST_F(JournalMetricsTest, ALostWorkerIsALostLease) {
  Commit(Granted("b1/layer/1", "l1"));
  Commit(Requeued("b1/layer/1", "l1", v1::Failure::INFRASTRUCTURE,
                  absl::ZeroDuration()));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("\nkso_leases_lost_total 1\n"));
  EXPECT_THAT(text, HasSubstr("\nkso_leases_held 0\n"));
  EXPECT_THAT(text, HasSubstr("kso_task_retries_total{kind=\"layer\",reason="
                              "\"infrastructure\"} 1"));
}

TEST_F(JournalMetricsTest, OtherReasonsForAnotherTryLoseNoLease) {
  Commit(Requeued("b1/layer/1", "l1", v1::Failure::INFRASTRUCTURE,
                  absl::Seconds(5)));
  Commit(Requeued("b1/layer/2", "l2", v1::Failure::TRANSIENT,
                  absl::ZeroDuration()));
  Commit(Requeued("b1/layer/3", "l3", v1::Failure::PERMANENT,
                  absl::ZeroDuration()));
  v1::JournalRecord returned = Record();
  returned.mutable_task_requeued()->set_task_id("b1/layer/4");
  Commit(std::move(returned));
  const std::string text = Text();
  EXPECT_THAT(text, HasSubstr("\nkso_leases_lost_total 0\n"));
  for (const char* reason :
       {"infrastructure", "transient", "other", "returned"}) {
    EXPECT_THAT(text, HasSubstr(std::string("reason=\"") + reason + "\"} 1"));
  }
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

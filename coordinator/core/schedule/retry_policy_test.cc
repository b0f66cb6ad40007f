// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/schedule/retry_policy.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/core_fixture.h"

namespace kso::coordinator {
namespace {

using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1700000000);

v1::Failure MakeFailure(v1::Failure::Kind kind) {
  v1::Failure failure;
  failure.set_kind(kind);
  failure.set_reason("503");
  return failure;
}

// A leased task of a build.
struct LeasedTask {
  LeasedTask() {
    entry.id = "b/1";
    entry.build = &build;
    entry.SetTask(MakeTask("b/1"));
    entry.lease = std::make_unique<LeaseEntry>();
  }
  v1::JournalRecord After(const v1::Failure& failure,
                          bool lost_worker = false) {
    return AfterFailure(entry, failure, lost_worker, kNow, {});
  }

  BuildEntry build;
  TaskEntry entry;
};

absl::Duration DelayOf(const v1::JournalRecord& record) {
  EXPECT_TRUE(record.has_task_requeued()) << record.ShortDebugString();
  return FromProto(record.task_requeued().not_before()) - kNow;
}

TEST(RetryPolicyTest, TransientFailuresBackOffAndEnd) {
  LeasedTask task;
  const v1::Failure failure = MakeFailure(v1::Failure::TRANSIENT);
  for (int seconds : {1, 2, 4, 8, 16}) {
    EXPECT_EQ(DelayOf(task.After(failure)), absl::Seconds(seconds));
    ++task.entry.mutable_trouble().transient_failures;
  }
  const v1::JournalRecord last = task.After(failure);
  EXPECT_THAT(last.task_failed().failure().reason(),
              HasSubstr("given up after 6 tries"));
  EXPECT_EQ(last.task_failed().failure().item(), "task b/1");
}

TEST(RetryPolicyTest, RetryAfterIsRespectedWithinReason) {
  v1::Failure failure = MakeFailure(v1::Failure::TRANSIENT);
  *failure.mutable_retry_after() = ToProto(absl::Seconds(30));
  EXPECT_EQ(DelayOf(LeasedTask().After(failure)), absl::Seconds(30));
  *failure.mutable_retry_after() = ToProto(absl::Hours(24));
  EXPECT_EQ(DelayOf(LeasedTask().After(failure)), absl::Minutes(10));
}

TEST(RetryPolicyTest, WaitingForAHostLeavesTheBudgetForOtherTroubleAlone) {
  TestState test;
  test.AddBuild("b", {MakeTask("b/1")}, v1::LAYERS);
  v1::Failure failure = MakeFailure(v1::Failure::TRANSIENT);
  const auto fail = [&] {
    test.Grant("b/1", "w");
    const v1::JournalRecord record = AfterFailure(
        *test.state.FindTask("b/1"), failure, false, test.time, {});
    test.Apply(record);
    return record.has_task_failed();
  };
  failure.set_rate_limited(true);
  for (int i = 0; i < 20; ++i) EXPECT_FALSE(fail());
  failure.set_rate_limited(false);
  for (int i = 0; i < 5; ++i) EXPECT_FALSE(fail());
  EXPECT_TRUE(fail());
}

TEST(RetryPolicyTest, ALostWorkerCostsNoDelay) {
  const v1::JournalRecord record =
      LeasedTask().After(MakeFailure(v1::Failure::INFRASTRUCTURE), true);
  EXPECT_FALSE(record.task_requeued().has_not_before());
}

TEST(RetryPolicyTest, ALostWorkerHasABudgetOfItsOwn) {
  LeasedTask task;
  const v1::Failure lost = MakeFailure(v1::Failure::INFRASTRUCTURE);
  // Other trouble does not count towards it.
  task.entry.mutable_trouble().transient_failures = 100;
  task.entry.mutable_trouble().rate_limit_failures = 100;
  for (int i = 0; i < 5; ++i) {
    EXPECT_TRUE(task.After(lost, true).has_task_requeued()) << i;
    ++task.entry.mutable_trouble().infrastructure_failures;
  }
  EXPECT_EQ(task.After(lost, true).task_failed().failure().reason(),
            "503 (given up after 6 tries)");
}

TEST(RetryPolicyTest, ABudgetOfOneIsOneMoreTry) {
  LeasedTask task;
  const v1::Failure failure = MakeFailure(v1::Failure::TRANSIENT);
  const RetryOptions once = {.transient_budget = 1};
  EXPECT_TRUE(
      AfterFailure(task.entry, failure, false, kNow, once).has_task_requeued());
  task.entry.mutable_trouble().transient_failures = 1;
  EXPECT_EQ(AfterFailure(task.entry, failure, false, kNow, once)
                .task_failed()
                .failure()
                .reason(),
            "503 (given up after 2 tries)");
}

TEST(RetryPolicyTest, TheRecordIsOfTheTasksLeaseAndOfTheFailure) {
  LeasedTask task;
  task.entry.lease->lease_id = "lease-1";
  task.entry.lease->worker = "w";
  v1::Failure failure = MakeFailure(v1::Failure::TRANSIENT);
  failure.set_item("https://dl.example.com/a");
  const v1::TaskRequeued again = task.After(failure).task_requeued();
  EXPECT_EQ(again.task_id(), "b/1");
  EXPECT_EQ(again.lease_id(), "lease-1");
  EXPECT_EQ(again.worker(), "w");
  EXPECT_EQ(again.failure().item(), "https://dl.example.com/a");
  EXPECT_EQ(again.failure().reason(), "503");
  failure.set_kind(v1::Failure::PERMANENT);
  const v1::TaskFailed failed = task.After(failure).task_failed();
  EXPECT_EQ(failed.lease_id(), "lease-1");
  EXPECT_EQ(failed.worker(), "w");
  EXPECT_EQ(failed.failure().item(), "https://dl.example.com/a");
  // A task that a worker hands back has not failed, and waits for nothing.
  const v1::TaskRequeued returned = AfterReturn(task.entry).task_requeued();
  EXPECT_EQ(returned.task_id(), "b/1");
  EXPECT_EQ(returned.lease_id(), "lease-1");
  EXPECT_FALSE(returned.has_failure());
  EXPECT_FALSE(returned.has_not_before());
}

TEST(RetryPolicyTest, PermanentFailuresAreNotTriedAgain) {
  const v1::JournalRecord permanent =
      LeasedTask().After(MakeFailure(v1::Failure::PERMANENT));
  EXPECT_TRUE(permanent.has_task_failed());
  EXPECT_EQ(permanent.task_failed().failure().reason(), "503");
  EXPECT_TRUE(LeasedTask()
                  .After(MakeFailure(v1::Failure::KIND_UNSPECIFIED))
                  .has_task_failed());
}

}  // namespace
}  // namespace kso::coordinator

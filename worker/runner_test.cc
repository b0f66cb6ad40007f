// SPDX-License-Identifier: Apache-2.0
#include "worker/runner.h"

#include <string>

#include "absl/strings/match.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace kso::worker {
namespace {

// Works until it is told to stop.
class EndlessExecutor : public TaskExecutor {
 public:
  absl::StatusOr<v1::TaskResult> Execute(const v1::Task&,
                                         TaskControl& control) override {
    control.SetActivity("fetching kubelet");
    begun_.Notify();
    absl::Notification stopped;
    const std::stop_callback on_stop(control.stop_token(),
                                     [&] { stopped.Notify(); });
    stopped.WaitForNotification();
    return absl::CancelledError("cancelled");
  }
  void AwaitBegin() { begun_.WaitForNotification(); }

 private:
  absl::Notification begun_;
};

class RunnerTest : public ::testing::Test {
 protected:
  v1::Lease LeaseOf(absl::Duration left) {
    v1::Lease lease;
    lease.set_lease_id("lease-1");
    lease.mutable_task()->set_task_id("task-1");
    lease.mutable_task()->set_name("layer files: kubelet");
    lease.mutable_deadline()->set_seconds(
        absl::ToUnixSeconds(clock_.Now() + left));
    return lease;
  }

  testing::FakeClock clock_;
  EndlessExecutor executor_;
  absl::Notification changed_;
  Runner runner_{1, &executor_, [this] { changed_.Notify(); }, &clock_};
};

TEST_F(RunnerTest, ATaskEndsWithItsLease) {
  runner_.Start(LeaseOf(absl::Hours(1)));
  executor_.AwaitBegin();
  clock_.Advance(absl::Minutes(61));
  changed_.WaitForNotification();
  const Runner::Snapshot snapshot = runner_.Look();
  ASSERT_EQ(snapshot.results.size(), 1);
  const v1::Failure& failure = snapshot.results[0].failure();
  EXPECT_EQ(failure.kind(), v1::Failure::INFRASTRUCTURE);
  EXPECT_EQ(failure.item(), "layer files: kubelet");
  EXPECT_TRUE(absl::StrContains(failure.reason(), "fetching kubelet"));
}

TEST_F(RunnerTest, AClockThatIsAheadEndsNothing) {
  runner_.Start(LeaseOf(-absl::Hours(2)));
  executor_.AwaitBegin();
  clock_.Advance(absl::Minutes(5));
  EXPECT_EQ(runner_.Look().held.size(), 1);
}

TEST_F(RunnerTest, HandsBackWhatHasNotEnded) {
  runner_.Start(LeaseOf(absl::Hours(1)));
  executor_.AwaitBegin();
  runner_.ReturnAll();
  changed_.WaitForNotification();
  const Runner::Snapshot snapshot = runner_.Look();
  EXPECT_TRUE(snapshot.held.empty());
  ASSERT_EQ(snapshot.results.size(), 1);
  EXPECT_TRUE(snapshot.results[0].returned());
  EXPECT_EQ(snapshot.results[0].task_id(), "task-1");
}

}  // namespace
}  // namespace kso::worker

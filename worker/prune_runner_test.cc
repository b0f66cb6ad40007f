// SPDX-License-Identifier: Apache-2.0
#include "worker/prune_runner.h"

#include <atomic>
#include <string>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "kso/v1/worker.pb.h"

namespace kso::worker {
namespace {

v1::SyncResponse OrderOf(const std::string& id) {
  v1::SyncResponse response;
  response.mutable_prune()->set_order_id(id);
  response.mutable_prune()->mutable_pruning()->set_keep_bytes(5);
  return response;
}

v1::WorkerInfo InfoOf(const PruneRunner& runner) {
  v1::WorkerInfo info;
  runner.AddReport(info);
  return info;
}

TEST(PruneRunnerTest, AnOrderIsCarriedOutOnceAndReportedUntilItIsHeard) {
  std::atomic<int> pruned = 0;
  absl::Notification done;
  {
    PruneRunner runner(
        [&pruned](const v1::CachePruning& pruning) {
          ++pruned;
          v1::PruneReport report;
          report.set_freed_bytes(pruning.keep_bytes() + 2);
          return report;
        },
        [&done] { done.Notify(); });
    EXPECT_TRUE(InfoOf(runner).prunes());
    EXPECT_EQ(InfoOf(runner).prune_reports_size(), 0);
    runner.Hear(OrderOf("o1"));
    ASSERT_EQ(InfoOf(runner).prune_reports_size(), 1);
    EXPECT_EQ(InfoOf(runner).prune_reports(0).order_id(), "o1");
    done.WaitForNotification();
    // The coordinator repeats itself.
    runner.Hear(OrderOf("o1"));
    EXPECT_TRUE(InfoOf(runner).prune_reports(0).done());
    EXPECT_EQ(InfoOf(runner).prune_reports(0).freed_bytes(), 7);
    runner.Hear(v1::SyncResponse());
    EXPECT_EQ(InfoOf(runner).prune_reports_size(), 0);
  }
  EXPECT_EQ(pruned, 1);
}

TEST(PruneRunnerTest, WhatIsUnderWayIsNotForgotten) {
  absl::Notification may_end;
  absl::Notification done;
  PruneRunner runner(
      [&may_end](const v1::CachePruning&) {
        may_end.WaitForNotification();
        return v1::PruneReport();
      },
      [&done] { done.Notify(); });
  runner.Hear(OrderOf("o1"));
  runner.Hear(v1::SyncResponse());
  ASSERT_EQ(InfoOf(runner).prune_reports_size(), 1);
  EXPECT_FALSE(InfoOf(runner).prune_reports(0).done());
  may_end.Notify();
  done.WaitForNotification();
  EXPECT_TRUE(InfoOf(runner).prune_reports(0).done());
}

}  // namespace
}  // namespace kso::worker

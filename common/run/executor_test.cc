// SPDX-License-Identifier: Apache-2.0
#include "common/run/executor.h"

#include <atomic>
#include <vector>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace kso {
namespace {

TEST(ExecutorTest, RunsInOrderOnOneThread) {
  std::vector<int> seen;
  {
    Executor executor(1);
    for (int i = 0; i < 100; ++i) {
      executor.Schedule([&seen, i] { seen.push_back(i); });
    }
  }
  ASSERT_EQ(seen.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[i], i);
}

TEST(ExecutorTest, RunsAtTheSameTimeOnSeveralThreads) {
  absl::Notification first;
  absl::Notification second;
  Executor executor(2);
  executor.Schedule([&] {
    first.Notify();
    second.WaitForNotification();
  });
  executor.Schedule([&] {
    first.WaitForNotification();
    second.Notify();
  });
}

TEST(ExecutorTest, DestructorAlsoRunsWhatQueuedFunctionsQueue) {
  std::atomic<int> count = 0;
  {
    Executor executor(3);
    executor.Schedule([&] {
      executor.Schedule([&] {
        ++count;
        executor.Schedule([&] { ++count; });
      });
    });
  }
  EXPECT_EQ(count, 2);
}

}  // namespace
}  // namespace kso

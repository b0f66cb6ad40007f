// SPDX-License-Identifier: Apache-2.0
#include "common/run/run_all.h"

#include <atomic>
#include <functional>
#include <stdexcept>
#include <thread>
#include <vector>

#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace kso {
namespace {

using Jobs = std::vector<std::function<absl::Status()>>;

TEST(RunAllTest, RunsSeveralAtTheSameTime) {
  absl::BlockingCounter begun(3);
  absl::Notification all_begun;
  std::atomic<int> ran = 0;
  Jobs jobs(2, [&] {
    begun.DecrementCount();
    all_begun.WaitForNotification();
    ++ran;
    return absl::OkStatus();
  });
  jobs.push_back([&] {
    begun.DecrementCount();
    begun.Wait();
    all_begun.Notify();
    ++ran;
    return absl::OkStatus();
  });
  EXPECT_TRUE(RunAll(3, jobs).ok());
  EXPECT_EQ(ran, 3);
}

TEST(RunAllTest, TwoRunAtTheSameTime) {
  absl::Notification first;
  absl::Notification second;
  const Jobs jobs = {[&] {
                       first.Notify();
                       second.WaitForNotification();
                       return absl::OkStatus();
                     },
                     [&] {
                       first.WaitForNotification();
                       second.Notify();
                       return absl::OkStatus();
                     }};
  EXPECT_TRUE(RunAll(2, jobs).ok());
}

TEST(RunAllTest, WhatAJobThrowsIsItsFailure) {
  const Jobs jobs(2, []() -> absl::Status {
    throw std::length_error("nothing is that long");
  });
  for (const int at_once : {1, 2}) {
    EXPECT_EQ(RunAll(at_once, jobs).code(), absl::StatusCode::kInternal);
  }
}

TEST(RunAllTest, OneAtATimeStaysOnTheCallersThread) {
  std::vector<std::thread::id> threads;
  const Jobs jobs(2, [&] {
    threads.push_back(std::this_thread::get_id());
    return absl::OkStatus();
  });
  EXPECT_TRUE(RunAll(1, jobs).ok());
  EXPECT_EQ(threads, std::vector(2, std::this_thread::get_id()));
}

TEST(RunAllTest, StopsAtTheFirstFailureAndSaysIt) {
  for (const int at_once : {1, 3}) {
    std::atomic<int> ran = 0;
    const Jobs jobs(100, [&] {
      ++ran;
      return absl::NotFoundError("gone");
    });
    EXPECT_EQ(RunAll(at_once, jobs), absl::NotFoundError("gone"));
    // Each thread stops at the latest after its own.
    EXPECT_LE(ran, at_once);
  }
}

}  // namespace
}  // namespace kso

// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/retry_policy.h"

#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

#include "common/base/status_notes.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace kso::worker {
namespace {

class RetryPolicyTest : public ::testing::Test {
 protected:
  RetryPolicyTest() { clock_.AdvanceByItself(); }

  // Tries a transfer whose n-th try, counted from 1, ends as `transfer` says
  // and moves `position_` if it likes. Notes when each try began.
  absl::Status Run(const std::function<absl::Status(int)>& transfer) {
    tries_.clear();
    return RetryWhileItHelps(
        &clock_, control_, [this] { return position_; },
        [&] {
          tries_.push_back(clock_.Now());
          return transfer(static_cast<int>(tries_.size()));
        });
  }

  testing::FakeClock clock_;
  TaskControl control_;
  int64_t position_ = 0;
  std::vector<absl::Time> tries_;
};

TEST_F(RetryPolicyTest, WhatBreaksIsTriedAgainUntilItSucceeds) {
  const absl::Status status = Run([](int number) {
    return number < 4 ? absl::UnavailableError("cut") : absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(tries_.size(), 4u);
}

TEST_F(RetryPolicyTest, FourTriesWithoutProgressAreEnough) {
  const absl::Status status =
      Run([](int) { return absl::UnavailableError("cut"); });
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(tries_.size(), 4u);
}

TEST_F(RetryPolicyTest, WhatHelpsIsTriedThirtyTimes) {
  const absl::Status status = Run([this](int) {
    position_ += 64 << 10;
    return absl::UnavailableError("cut");
  });
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(tries_.size(), 30u);
}

TEST_F(RetryPolicyTest, AHostThatDripsMakesNoProgress) {
  // It counts from where the transfer began and was furthest.
  const struct {
    int64_t bytes;
    size_t tries;
  } kCases[] = {{0, 4}, {1, 4}, {(64 << 10) - 1, 4}, {64 << 10, 6}};
  for (const auto& [bytes, tries] : kCases) {
    position_ = 1 << 20;
    EXPECT_FALSE(Run([this, bytes = bytes](int number) {
                   if (number == 3) position_ += bytes;
                   return absl::UnavailableError("cut");
                 }).ok());
    EXPECT_EQ(tries_.size(), tries) << bytes;
  }
}

TEST_F(RetryPolicyTest, WhatIsWrongForGoodIsNotTriedAgain) {
  for (const absl::Status& wrong :
       {absl::NotFoundError("404"), absl::DataLossError("other bytes"),
        absl::FailedPreconditionError("no ranges"),
        absl::InternalError("bug")}) {
    EXPECT_EQ(Run([&wrong](int) { return wrong; }), wrong);
    EXPECT_EQ(tries_.size(), 1u) << wrong;
  }
}

TEST_F(RetryPolicyTest, TheWaitsGrow) {
  (void)Run([](int) { return absl::UnavailableError("cut"); });
  ASSERT_EQ(tries_.size(), 4u);
  EXPECT_GE(tries_[1] - tries_[0], absl::Milliseconds(100));
  EXPECT_LE(tries_[1] - tries_[0], absl::Milliseconds(200));
  EXPECT_GE(tries_[3] - tries_[2], absl::Milliseconds(400));
  EXPECT_LE(tries_[3] - tries_[2], absl::Milliseconds(800));
}

TEST_F(RetryPolicyTest, AShortRetryAfterIsWaitedOutAndALongOneIsNot) {
  const auto run = [this](absl::Duration asked) {
    return Run([asked](int number) {
      return number > 1 ? absl::OkStatus()
                        : RetryNotBefore(absl::UnavailableError("503"), asked);
    });
  };
  for (const absl::Duration asked : {absl::Seconds(7), absl::Seconds(20)}) {
    EXPECT_TRUE(run(asked).ok());
    ASSERT_EQ(tries_.size(), 2u);
    EXPECT_EQ(tries_[1] - tries_[0], asked);
  }
  EXPECT_TRUE(absl::IsUnavailable(run(absl::Milliseconds(20'001))));
  EXPECT_EQ(tries_.size(), 1u);
}

TEST_F(RetryPolicyTest, ACancelledTaskHasNoOtherError) {
  const absl::Status status = Run([this](int) {
    control_.Cancel();
    return absl::InternalError("the transfer was cut");
  });
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_EQ(tries_.size(), 1u);
}

TEST_F(RetryPolicyTest, ACancelledTaskWaitsForNoOtherTry) {
  testing::FakeClock stands_still;
  int tries = 0;
  absl::Status status;
  std::thread thread([&] {
    status = RetryWhileItHelps(
        &stands_still, control_, [] { return 0; },
        [&tries] {
          ++tries;
          return absl::UnavailableError("cut");
        });
  });
  stands_still.AwaitWaiters(1);
  control_.Cancel();
  thread.join();
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  EXPECT_EQ(tries, 1);
}

}  // namespace
}  // namespace kso::worker

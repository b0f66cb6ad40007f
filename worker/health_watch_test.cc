// SPDX-License-Identifier: Apache-2.0
#include "worker/health_watch.h"

#include <memory>

#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace kso::worker {
namespace {

class HealthWatchTest : public ::testing::Test {
 protected:
  HealthWatchTest()
      : watch_(std::make_unique<HealthWatch>(
            &clock_,
            [this] {
              absl::MutexLock lock(&mutex_);
              ++looks_;
              return healthy_;
            },
            [this] {
              absl::MutexLock lock(&mutex_);
              ++changes_;
            })) {}

  void Become(bool healthy) {
    absl::MutexLock lock(&mutex_);
    healthy_ = healthy;
  }

  // Lets the watch look once; returns how often it has called for attention.
  int ChangesAfterALook() {
    clock_.AwaitWaiters(1);
    {
      absl::MutexLock lock(&mutex_);
      const auto looked = [this, wanted = looks_ + 1]()
                              ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
                                return looks_ >= wanted;
                              };
      clock_.Advance(HealthWatch::kInterval);
      mutex_.Await(absl::Condition(&looked));
    }
    // It waits again when it has done with what it saw.
    clock_.AwaitWaiters(1);
    absl::MutexLock lock(&mutex_);
    return changes_;
  }

  testing::FakeClock clock_;
  absl::Mutex mutex_;
  bool healthy_ ABSL_GUARDED_BY(mutex_) = true;
  int looks_ ABSL_GUARDED_BY(mutex_) = 0;
  int changes_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<HealthWatch> watch_;
};

TEST_F(HealthWatchTest, CallsWhenTheDiskFillsAndWhenThereIsRoomAgain) {
  watch_->Told(true);
  EXPECT_EQ(ChangesAfterALook(), 0);
  Become(false);
  EXPECT_EQ(ChangesAfterALook(), 1);
  watch_->Told(false);
  EXPECT_EQ(ChangesAfterALook(), 1);
  Become(true);
  EXPECT_EQ(ChangesAfterALook(), 2);
  watch_->Told(true);
  EXPECT_EQ(ChangesAfterALook(), 2);
}

TEST_F(HealthWatchTest, CallsAgainUntilItIsTold) {
  watch_->Told(true);
  Become(false);
  EXPECT_EQ(ChangesAfterALook(), 1);
  EXPECT_EQ(ChangesAfterALook(), 2);
  watch_->Told(false);
  EXPECT_EQ(ChangesAfterALook(), 2);
}

TEST_F(HealthWatchTest, NoticesWhatChangedTwiceAndWasToldOnce) {
  watch_->Told(false);
  Become(false);
  EXPECT_EQ(ChangesAfterALook(), 0);
  // There was room for a moment, just when the worker called.
  watch_->Told(true);
  EXPECT_EQ(ChangesAfterALook(), 1);
}

TEST_F(HealthWatchTest, BeforeAnythingIsToldNothingIsWrong) {
  Become(false);
  EXPECT_EQ(ChangesAfterALook(), 0);
}

TEST_F(HealthWatchTest, EndsWithoutWaitingForTheNextLook) {
  clock_.AwaitWaiters(1);
  watch_.reset();
  absl::MutexLock lock(&mutex_);
  EXPECT_EQ(looks_, 0);
}

}  // namespace
}  // namespace kso::worker

// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/call_watch.h"

#include <stop_token>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace kso::rpc {
namespace {

class CallWatchTest : public ::testing::Test {
 protected:
  testing::FakeClock clock_;
  CallWatch watch_{&clock_, absl::Seconds(60)};
  absl::Notification ended_;
};

TEST_F(CallWatchTest, ACallThatStandsStillIsEnded) {
  CallWatch::Call call(&watch_, [this] { ended_.Notify(); }, {});
  EXPECT_FALSE(call.Wait([this] {
    clock_.AwaitWaiters(1);
    clock_.Advance(absl::Seconds(61));
    ended_.WaitForNotification();
    return false;
  }));
  EXPECT_TRUE(absl::IsDeadlineExceeded(call.verdict())) << call.verdict();
}

TEST_F(CallWatchTest, ACallThatNobodyWantsIsEnded) {
  std::stop_source stop;
  CallWatch::Call call(&watch_, [this] { ended_.Notify(); }, stop.get_token());
  EXPECT_FALSE(call.Wait([&] {
    stop.request_stop();
    ended_.WaitForNotification();
    return false;
  }));
  EXPECT_TRUE(absl::IsCancelled(call.verdict())) << call.verdict();
}

TEST_F(CallWatchTest, ACallThatNobodyWantsIsEndedAsSoonAsItWaits) {
  std::stop_source stop;
  stop.request_stop();
  CallWatch::Call call(&watch_, [this] { ended_.Notify(); }, stop.get_token());
  EXPECT_FALSE(call.Wait([&] { return !ended_.HasBeenNotified(); }));
  EXPECT_TRUE(absl::IsCancelled(call.verdict())) << call.verdict();
}

TEST_F(CallWatchTest, TimeThatTheCallerTakesDoesNotCount) {
  CallWatch::Call call(&watch_, [this] { ended_.Notify(); }, {});
  for (int i = 0; i < 3; ++i) {
    EXPECT_TRUE(call.Wait([this] {
      clock_.AwaitWaiters(1);
      clock_.Advance(absl::Seconds(30));
      return true;
    }));
    clock_.Advance(absl::Seconds(100));
  }
  EXPECT_TRUE(call.verdict().ok()) << call.verdict();
  EXPECT_FALSE(ended_.HasBeenNotified());
}

}  // namespace
}  // namespace kso::rpc

// SPDX-License-Identifier: Apache-2.0
#include "common/http/progress_watch.h"

#include <gtest/gtest.h>

namespace kso::http {
namespace {

class ProgressWatchTest : public ::testing::Test {
 protected:
  // Looks a second later, with that many bytes more.
  std::string Second(int64_t bytes) {
    now_ += absl::Seconds(1);
    moved_ += bytes;
    return watch_.Look(moved_, now_);
  }

  absl::Time now_ = absl::UnixEpoch();
  int64_t moved_ = 0;
  TransportOptions options_;
  ProgressWatch watch_{options_, now_};
};

TEST_F(ProgressWatchTest, CutsWhatIsSilent) {
  EXPECT_EQ(Second(1 << 20), "");
  for (int i = 0; i < 59; ++i) EXPECT_EQ(Second(0), "");
  EXPECT_EQ(Second(0), "nothing moved for 1m");
}

TEST_F(ProgressWatchTest, CutsWhatDrips) {
  for (int i = 0; i < 60; ++i) EXPECT_EQ(Second(100), "");
  EXPECT_EQ(Second(100),
            "only 6100 bytes came in the last 1m, less than 1024 a second");
}

TEST_F(ProgressWatchTest, ASlowStartOrALatePauseIsNoDrip) {
  for (int i = 0; i < 59; ++i) EXPECT_EQ(Second(0), "");
  for (int i = 0; i < 600; ++i) EXPECT_EQ(Second(i % 50 == 0 ? 100000 : 0), "");
}

TEST_F(ProgressWatchTest, WhatWasFastOnceMayStillTurnIntoADrip) {
  EXPECT_EQ(Second(1 << 30), "");
  std::string reason;
  for (int i = 0; i < 125 && reason.empty(); ++i) reason = Second(1);
  EXPECT_NE(reason, "");
}

TEST_F(ProgressWatchTest, TheTimeOfThisSideDoesNotCount) {
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(Second(100), "");
    now_ += absl::Seconds(9);
    watch_.Excuse(absl::Seconds(10), now_);
  }
}

TEST_F(ProgressWatchTest, AnAnswerHasABoundOfItsOwn) {
  const auto silent_second = [this] {
    now_ += absl::Seconds(1);
    return watch_.Look(moved_, now_, absl::Minutes(5));
  };
  // The request goes out for a while, which does not count.
  for (int i = 0; i < 50; ++i) EXPECT_EQ(Second(1 << 20), "");
  for (int i = 0; i < 300; ++i) EXPECT_EQ(silent_second(), "");
  EXPECT_EQ(silent_second(), "no answer began within 5m");
  // Once it has begun, it must not stall.
  for (int i = 0; i < 60; ++i) EXPECT_EQ(Second(0), "");
  EXPECT_EQ(Second(0), "nothing moved for 1m");
}

TEST_F(ProgressWatchTest, AFullMinuteOnThisSideIsNoSilence) {
  EXPECT_EQ(Second(1 << 20), "");
  now_ += absl::Seconds(90);
  watch_.Excuse(absl::Seconds(90), now_);
  for (int i = 0; i < 59; ++i) EXPECT_EQ(Second(0), "");
  EXPECT_NE(Second(0), "");
}

TEST_F(ProgressWatchTest, TheRateCountsFromTheFirstByteOn) {
  for (int i = 0; i < 59; ++i) EXPECT_EQ(Second(0), "");
  for (int i = 0; i < 130; ++i) EXPECT_EQ(Second(1500), "");
}

TEST_F(ProgressWatchTest, WhatKeepsToTheRateGoesOn) {
  for (int i = 0; i < 200; ++i) EXPECT_EQ(Second(1024), "");
}

TEST_F(ProgressWatchTest, TheWaitForAnAnswerIsNoPartOfItsRate) {
  const auto wait = [this](int seconds) {
    for (int i = 0; i < seconds; ++i) {
      now_ += absl::Seconds(1);
      EXPECT_EQ(watch_.Look(moved_, now_, absl::Minutes(5)), "");
    }
  };
  EXPECT_EQ(Second(2000), "");
  wait(100);
  EXPECT_EQ(Second(1500), "") << "it has only begun";
}

TEST_F(ProgressWatchTest, WhatWasSentIsNoPartOfTheRateOfTheAnswer) {
  EXPECT_EQ(Second(1 << 20), "");
  now_ += absl::Seconds(1);
  EXPECT_EQ(watch_.Look(moved_, now_, absl::Minutes(5)), "");
  for (int i = 0; i < 60; ++i) EXPECT_EQ(Second(100), "");
  EXPECT_EQ(Second(100),
            "only 6000 bytes came in the last 1m, less than 1024 a second");
}

TEST(ProgressWatchOptionsTest, SilenceHasABoundOfItsOwn) {
  const absl::Time begin = absl::UnixEpoch();
  ProgressWatch watch({.progress_timeout = absl::Minutes(5)}, begin);
  for (int i = 1; i < 300; ++i) {
    EXPECT_EQ(watch.Look(0, begin + absl::Seconds(i)), "");
  }
  EXPECT_EQ(watch.Look(0, begin + absl::Minutes(5)), "nothing moved for 5m");
}

}  // namespace
}  // namespace kso::http

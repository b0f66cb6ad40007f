// SPDX-License-Identifier: Apache-2.0
#include "common/run/retry.h"

#include <gtest/gtest.h>

#include "common/base/status_notes.h"

namespace kso {
namespace {

constexpr BackoffOptions kOptions = {.first = absl::Seconds(1),
                                     .longest = absl::Seconds(5)};

TEST(RetryTest, WhatThePassingOfTimeMendsIsTransient) {
  EXPECT_TRUE(IsTransient(absl::UnavailableError("cut")));
  EXPECT_TRUE(IsTransient(absl::DeadlineExceededError("late")));
  EXPECT_TRUE(IsTransient(absl::ResourceExhaustedError("of another program")));
  EXPECT_TRUE(IsTransient(Exhausted(Resource::kRateLimit, "429")));
}

TEST(RetryTest, WhatAnotherTryCannotMendIsNotTransient) {
  for (const Resource resource :
       {Resource::kDisk, Resource::kMemory, Resource::kSizeBound}) {
    EXPECT_FALSE(IsTransient(Exhausted(resource, "full")));
  }
  EXPECT_FALSE(IsTransient(absl::OkStatus()));
  EXPECT_FALSE(IsTransient(absl::NotFoundError("404")));
  EXPECT_FALSE(IsTransient(absl::CancelledError("stopped")));
}

TEST(RetryTest, AskedTooOftenIsNotUnreachable) {
  EXPECT_TRUE(IsUnreachable(absl::UnavailableError("cut")));
  EXPECT_TRUE(IsUnreachable(absl::DeadlineExceededError("late")));
  EXPECT_FALSE(IsUnreachable(Exhausted(Resource::kRateLimit, "429")));
}

TEST(ExponentialDelayTest, DoublesUpToItsLongest) {
  EXPECT_EQ(ExponentialDelay(kOptions, 0), absl::Seconds(1));
  EXPECT_EQ(ExponentialDelay(kOptions, 1), absl::Seconds(2));
  EXPECT_EQ(ExponentialDelay(kOptions, 2), absl::Seconds(4));
  EXPECT_EQ(ExponentialDelay(kOptions, 3), absl::Seconds(5));
  EXPECT_EQ(ExponentialDelay(kOptions, 1'000'000'000), absl::Seconds(5));
}

TEST(ExponentialDelayTest, IsNeverLongerThanItsLongest) {
  EXPECT_EQ(ExponentialDelay(
                {.first = absl::Seconds(9), .longest = absl::Seconds(5)}, 0),
            absl::Seconds(5));
}

TEST(BackoffTest, WaitsTheShareThatItsJitterDraws) {
  Backoff backoff(kOptions, [] { return 0.5; });
  for (const double seconds : {0.5, 1.0, 2.0, 2.5, 2.5}) {
    EXPECT_EQ(backoff.Next(), absl::Seconds(seconds));
  }
}

TEST(BackoffTest, IsDrawnFromTheUpperHalf) {
  Backoff backoff(kOptions);
  for (const int ceiling : {1, 2, 4, 5, 5}) {
    const absl::Duration delay = backoff.Next();
    EXPECT_GE(delay, absl::Seconds(ceiling) / 2);
    EXPECT_LE(delay, absl::Seconds(ceiling));
  }
}

}  // namespace
}  // namespace kso

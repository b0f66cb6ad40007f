// SPDX-License-Identifier: Apache-2.0
#include "common/http/answer_error.h"

#include <gtest/gtest.h>

#include "common/base/status_notes.h"
#include "common/run/retry.h"

namespace kso::http {
namespace {

// Sat, 05 Dec 2026 10:00:00 GMT.
const absl::Time kNow = absl::FromUnixSeconds(1796464800);

absl::Status Error(int status, Headers headers = {}) {
  Response response;
  response.status = status;
  response.headers = std::move(headers);
  return ErrorOfAnswer(response, "asking", kNow);
}

TEST(AnswerErrorTest, CodesSayWhetherAnotherTryHelps) {
  EXPECT_TRUE(absl::IsUnauthenticated(Error(401)));
  EXPECT_TRUE(absl::IsPermissionDenied(Error(403)));
  EXPECT_TRUE(absl::IsNotFound(Error(404)));
  EXPECT_TRUE(absl::IsNotFound(Error(410)));
  EXPECT_TRUE(absl::IsUnavailable(Error(408)));
  EXPECT_TRUE(absl::IsUnavailable(Error(500)));
  EXPECT_TRUE(absl::IsUnavailable(Error(503)));
  EXPECT_TRUE(absl::IsInvalidArgument(Error(400)));
  EXPECT_TRUE(absl::IsInvalidArgument(Error(499)));
  EXPECT_TRUE(absl::IsResourceExhausted(Error(429)));
}

TEST(AnswerErrorTest, WhatAServerCannotDoIsNotTriedAgain) {
  for (const int status : {501, 505, 506, 508, 510, 511, 416, 421, 451}) {
    EXPECT_FALSE(IsTransient(Error(status))) << status;
  }
  for (const int status : {408, 429, 500, 502, 503, 504, 507, 520, 522, 599}) {
    EXPECT_TRUE(IsTransient(Error(status))) << status;
  }
}

TEST(AnswerErrorTest, TooManyRequestsIsMarked) {
  EXPECT_TRUE(IsRateLimited(Error(429)));
  EXPECT_FALSE(IsRateLimited(Error(503)));
  EXPECT_EQ(RetryDelay(Error(429)), absl::ZeroDuration());
}

TEST(AnswerErrorTest, RetryAfterTravels) {
  EXPECT_EQ(RetryDelay(Error(429, {{"Retry-After", "17"}})), absl::Seconds(17));
  EXPECT_EQ(RetryDelay(
                Error(503, {{"retry-after", "Sat, 05 Dec 2026 10:01:30 GMT"}})),
            absl::Seconds(90));
  EXPECT_EQ(RetryDelay(Error(404, {{"Retry-After", "17"}})),
            absl::ZeroDuration());
}

TEST(AnswerErrorTest, RetryAfterThatMeansNothingIsLeftOut) {
  for (const char* value :
       {"-3", "soon", "", "Sat, 05 Dec 2020 10:00:00 GMT"}) {
    EXPECT_EQ(RetryDelay(Error(429, {{"Retry-After", value}})),
              absl::ZeroDuration())
        << value;
  }
}

}  // namespace
}  // namespace kso::http

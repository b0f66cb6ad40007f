// SPDX-License-Identifier: Apache-2.0
#include "common/http/retry_after.h"

#include <gtest/gtest.h>

#include <string>

namespace kso::http {
namespace {

// Sat, 05 Dec 2026 10:00:00 GMT.
const absl::Time kNow = absl::FromUnixSeconds(1796464800);

std::optional<absl::Duration> Read(const std::string& value, int status = 429) {
  Response response;
  response.status = status;
  response.headers = {{"Retry-After", value}};
  return RetryAfter(response, kNow);
}

TEST(RetryAfterTest, ReadsSeconds) {
  EXPECT_EQ(Read("0"), absl::ZeroDuration());
  EXPECT_EQ(Read("17"), absl::Seconds(17));
  EXPECT_EQ(Read("86400"), absl::Hours(24));
}

TEST(RetryAfterTest, ReadsAllThreeFormsOfDates) {
  for (const char* date :
       {"Sat, 05 Dec 2026 10:01:30 GMT", "Saturday, 05-Dec-26 10:01:30 GMT",
        "Sat Dec  5 10:01:30 2026"}) {
    EXPECT_EQ(Read(date), absl::Seconds(90)) << date;
  }
}

TEST(RetryAfterTest, ADateThatIsOverAsksForNoDelay) {
  EXPECT_EQ(Read("Sat, 05 Dec 2020 10:00:00 GMT"), absl::ZeroDuration());
}

TEST(RetryAfterTest, NoHostIsLeftAloneForLongerThanADay) {
  for (const char* value :
       {"86401", "9223372036854775807", "99999999999999999999999999",
        "1796551201", "1796464800000", "Sat, 05 Dec 2099 10:00:00 GMT"}) {
    EXPECT_EQ(Read(value), absl::Hours(24)) << value;
  }
}

TEST(RetryAfterTest, ATimeInPlaceOfSecondsIsWhenToComeBack) {
  EXPECT_EQ(Read("1796464830"), absl::Seconds(30));
  EXPECT_EQ(Read("1796551200"), absl::Hours(24));
  // The clocks differ, or it was meant for an earlier answer.
  EXPECT_EQ(Read("1796464800"), absl::ZeroDuration());
  EXPECT_EQ(Read("1796464790"), absl::ZeroDuration());
  EXPECT_EQ(Read("1796378400"), absl::ZeroDuration());
  // A day and a second ago: that is no time, but a number of seconds.
  EXPECT_EQ(Read("1796378399"), absl::Hours(24));
}

TEST(RetryAfterTest, WhatIsNeitherSecondsNorADateIsLeftOut) {
  for (const char* value : {"", "-3", "+3", "1.5", "soon", "3 s", "0x10",
                            "10:01:30", "-9223372036854775808"}) {
    EXPECT_FALSE(Read(value).has_value()) << value;
  }
}

TEST(RetryAfterTest, IsBelievedWhereItMeansSomething) {
  EXPECT_TRUE(Read("17", 503).has_value());
  for (const int status : {200, 301, 404, 500, 502, 504}) {
    EXPECT_FALSE(Read("17", status).has_value()) << status;
  }
  Response without;
  without.status = 429;
  EXPECT_FALSE(RetryAfter(without, kNow).has_value());
}

}  // namespace
}  // namespace kso::http

// SPDX-License-Identifier: Apache-2.0
#include "common/http/byte_range.h"

#include <gtest/gtest.h>

#include <string>

namespace kso::http {
namespace {

Response Partial(const std::string& content_range, int status = 206) {
  Response response;
  response.status = status;
  response.headers = {{"content-range", content_range}};
  return response;
}

TEST(ByteRangeTest, AsksForTheFirstAndTheLastByte) {
  EXPECT_EQ(RangeHeader({.first = 10, .length = 5}), "bytes=10-14");
}

TEST(ByteRangeTest, ReadsWhatHostsSend) {
  const ContentRange range = ParseContentRange(Partial("bytes 10-14/100"));
  EXPECT_EQ(range.first, 10);
  EXPECT_EQ(range.last, 14);
  EXPECT_EQ(range.total, 100);
  EXPECT_EQ(ParseContentRange(Partial("bytes 10-14/*")).total, -1);
  for (const char* bad : {"", "bytes", "bytes */100", "10-14/100",
                          "bytes x-14/100", "bytes 1-2-3/100"}) {
    EXPECT_EQ(ParseContentRange(Partial(bad)).first, -1) << bad;
  }
  const ContentRange none = ParseContentRange(Partial("10-14/100"));
  EXPECT_EQ(none.last, -1);
  EXPECT_EQ(none.total, -1);
}

TEST(ByteRangeTest, TakesTheRangeOrTheBeginningOfIt) {
  const ByteRange asked = {.first = 10, .length = 5};
  for (const char* good :
       {"bytes 10-14/100", "bytes 10-12/100", "bytes 10-14/*"}) {
    EXPECT_TRUE(CheckRangeAnswer(Partial(good), asked, 100).ok()) << good;
  }
  for (const char* bad :
       {"", "bytes 9-14/100", "bytes 11-14/100", "bytes 10-15/100",
        "bytes 10-14/101", "bytes 10-14/0"}) {
    EXPECT_TRUE(
        absl::IsFailedPrecondition(CheckRangeAnswer(Partial(bad), asked, 100)))
        << bad;
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(
      CheckRangeAnswer(Partial("bytes 10-14/100", 200), asked, 100)));
  const ByteRange beginning = {.first = 0, .length = 5};
  EXPECT_TRUE(CheckRangeAnswer(Partial("bytes 0-4/100"), beginning, 100).ok());
  EXPECT_FALSE(CheckRangeAnswer(Partial(""), beginning, 100).ok());
}

}  // namespace
}  // namespace kso::http

// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/http_answer.h"

#include <string>

#include "gtest/gtest.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

v1::Failure FailureOf(int status) {
  http::Response response;
  response.status = status;
  return ToFailure(
      StatusOfAnswer(response, "https://a.example.com/x", absl::UnixEpoch()),
      "");
}

TEST(HttpAnswerTest, OnlyStatusesOfSuccessAreSuccesses) {
  http::Response response;
  for (const int status : {200, 204, 206, 299}) {
    response.status = status;
    EXPECT_TRUE(StatusOfAnswer(response, "x", absl::UnixEpoch()).ok())
        << status;
  }
  for (const int status : {0, 100, 199, 300, 304, 404, 500}) {
    response.status = status;
    EXPECT_FALSE(StatusOfAnswer(response, "x", absl::UnixEpoch()).ok())
        << status;
  }
}

TEST(HttpAnswerTest, ARefusalSaysWhatToDo) {
  for (const int status : {401, 403}) {
    EXPECT_EQ(FailureOf(status).kind(), v1::Failure::PERMANENT) << status;
    EXPECT_NE(FailureOf(status).advice().find("without a login"),
              std::string::npos)
        << status;
  }
  for (const int status : {404, 410}) {
    EXPECT_EQ(FailureOf(status).kind(), v1::Failure::PERMANENT) << status;
    EXPECT_NE(FailureOf(status).advice().find("it is not there"),
              std::string::npos)
        << status;
  }
  for (const int status : {429, 502, 503, 504}) {
    EXPECT_EQ(FailureOf(status).kind(), v1::Failure::TRANSIENT) << status;
  }
}

TEST(HttpAnswerTest, OnlyAStrongEtagTellsOneContentFromAnother) {
  EXPECT_TRUE(IsStrongEtag("\"a\""));
  EXPECT_TRUE(IsStrongEtag("\"v1\""));
  for (const char* etag : {"", "\"", "\"\"", "W/\"v1\"", "v1"}) {
    EXPECT_FALSE(IsStrongEtag(etag)) << etag;
  }
}

TEST(HttpAnswerTest, WithoutAStrongEtagTheDateIsTheValidator) {
  const std::string date = "Mon, 30 Nov 2026 10:00:00 GMT";
  http::Response response;
  EXPECT_EQ(RangeValidator(response), "");
  response.headers = {{"Last-Modified", date}};
  EXPECT_EQ(RangeValidator(response), date);
  response.headers.emplace_back("ETag", "W/\"v1\"");
  EXPECT_EQ(RangeValidator(response), date);
  response.headers.back().second = "\"v1\"";
  EXPECT_EQ(RangeValidator(response), "\"v1\"");
}

TEST(HttpAnswerTest, ALengthThatCannotBeIsNotKnown) {
  const auto length_of = [](const char* text) {
    http::Response response;
    response.headers = {{"Content-Length", text}};
    return ContentLength(response);
  };
  EXPECT_EQ(ContentLength(http::Response()), -1);
  EXPECT_EQ(length_of("0"), 0);
  EXPECT_EQ(length_of("12"), 12);
  for (const char* text : {"", "-1", "-12", "12x", "many"}) {
    EXPECT_EQ(length_of(text), -1) << text;
  }
}

}  // namespace
}  // namespace kso::worker

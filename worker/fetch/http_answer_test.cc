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

TEST(HttpAnswerTest, OnlyStatusesThatBringTheFileAreSuccesses) {
  http::Response response;
  for (const int status : {200, 206}) {
    response.status = status;
    EXPECT_TRUE(StatusOfAnswer(response, "x", absl::UnixEpoch()).ok())
        << status;
  }
  for (const int status : {0, 100, 199, 201, 202, 203, 204, 205, 207, 226, 299,
                           300, 304, 404, 500}) {
    response.status = status;
    EXPECT_FALSE(StatusOfAnswer(response, "x", absl::UnixEpoch()).ok())
        << status;
  }
}

TEST(HttpAnswerTest, AnotherSuccessIsSaidNotToBringTheFile) {
  for (const int status : {201, 202, 299}) {
    EXPECT_NE(FailureOf(status).reason().find("does not bring the file"),
              std::string::npos)
        << status;
  }
  for (const int status : {199, 300, 404}) {
    EXPECT_EQ(FailureOf(status).reason().find("does not bring the file"),
              std::string::npos)
        << status;
  }
}

TEST(HttpAnswerTest, AnEncodingThatNobodyAskedForIsNotTheFile) {
  const auto taken = [](const char* encoding, const char* name) {
    http::Response response;
    response.headers = {{"content-encoding", encoding}};
    const std::string url = std::string("https://a.example.com/") + name;
    return CheckNotEncoded(response, url, url).ok();
  };
  for (const char* encoding : {"gzip", "x-gzip", "br", "zstd", "deflate",
                               "gzip, identity", "caf\xe9"}) {
    EXPECT_FALSE(taken(encoding, "kubelet")) << encoding;
    EXPECT_FALSE(taken(encoding, "tool.yaml?x=.gz")) << encoding;
    // Servers say so of what is a compressed file by itself.
    EXPECT_TRUE(taken(encoding, "cni.tgz")) << encoding;
  }
  EXPECT_TRUE(taken("identity", "kubelet"));
  EXPECT_TRUE(taken("", "kubelet"));
  EXPECT_TRUE(CheckNotEncoded({}, "https://a/x", "https://a/x").ok());
}

TEST(HttpAnswerTest, ARefusalSaysWhatToDo) {
  for (const int status : {401, 403}) {
    EXPECT_EQ(FailureOf(status).kind(), v1::Failure::PERMANENT) << status;
    EXPECT_NE(FailureOf(status).advice().find("without a login"),
              std::string::npos)
        << status;
    EXPECT_NE(FailureOf(status).advice().find("--netrc"), std::string::npos)
        << status;
  }
  for (const int status : {404, 410}) {
    EXPECT_EQ(FailureOf(status).kind(), v1::Failure::PERMANENT) << status;
    EXPECT_NE(FailureOf(status).advice().find("it is not there"),
              std::string::npos)
        << status;
  }
  for (const int status : {400, 402, 405, 409, 411}) {
    EXPECT_EQ(FailureOf(status).advice(), "") << status;
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

TEST(HttpAnswerTest, AValidatorThatIsTooLongIsNone) {
  for (const size_t length : {1024, 1025}) {
    const std::string etag = "\"" + std::string(length - 2, 'v') + "\"";
    http::Response response;
    response.headers = {{"ETag", etag}};
    EXPECT_EQ(ValidatorIn(response, "ETag"), length == 1024 ? etag : "");
  }
}

TEST(HttpAnswerTest, ATimeThatManyContentsHaveIsNoValidator) {
  const auto believed = [](const char* modified, const char* date) {
    http::Response response;
    response.headers = {{"Last-Modified", modified}};
    if (*date != 0) response.headers.emplace_back("Date", date);
    return !ValidatorsIn(response, 12).last_modified.empty();
  };
  constexpr char kNow[] = "Mon, 30 Nov 2026 10:00:00 GMT";
  EXPECT_TRUE(believed("Sun, 29 Nov 2026 10:00:00 GMT", kNow));
  EXPECT_TRUE(believed("Sun, 29 Nov 2026 10:00:00 GMT", ""));
  EXPECT_TRUE(believed("Mon, 30 Nov 2026 09:59:00 GMT", kNow));
  // Wherever on earth a file was set to the first moment that archives know.
  EXPECT_TRUE(believed("Wed, 02 Jan 1980 00:00:00 GMT", kNow));
  for (const char* modified :
       {kNow, "Mon, 30 Nov 2026 09:59:30 GMT", "Tue, 01 Dec 2026 10:00:00 GMT",
        "Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:01 GMT",
        "Tue, 01 Jan 1980 00:00:00 GMT", "Tue, 01 Jan 1980 23:59:59 GMT",
        "Mon, 30 Nov 2026 09:59:01 GMT", "yesterday", "0", ""}) {
    EXPECT_FALSE(believed(modified, kNow)) << modified;
  }
}

TEST(HttpAnswerTest, AnEtagOfAClampedTimeIsNoValidator) {
  const auto believed = [](const char* etag) {
    http::Response response;
    response.headers = {{"ETag", etag}};
    return !ValidatorsIn(response, 0x3e8).etag.empty();
  };
  for (const char* etag :
       {"\"656856c0-3e8\"", "\"3e8-60b5d8c7a4e80\"", "\"12-3e8-60b5d8c7a4e80\"",
        "\"abc\"", "\"v1\"", "\"0-3e9\"", "\"0x8DBF\"", "\"0-3e8-x-y\"",
        "\"3e8\"", "\"1-2-3e8-0\"", "0-3e8", "\"0-3e8", "0-3e8\"",
        "\"12cff780-3e8\"", "\"3e8-12cff780\"",
        // Milliseconds, and nanoseconds.
        "\"3e8-18c1f2a3b00\"", "\"179c6ee5a0b7c000-3e8\""}) {
    EXPECT_TRUE(believed(etag)) << etag;
  }
  for (const char* etag :
       {"\"0-3e8\"", "\"1-3e8\"", "\"3e8-0\"", "\"12-3e8-0\"",
        "\"12ce97f0-3e8\"", "\"12cff77f-3e8\"", "\"3e8-12cff77f\"",
        // The first moment of 1980, as Apache writes it in
        // microseconds, and others in nanoseconds.
        "\"3e8-11ef9b4758000\"", "\"460ff68eafc0000-3e8\""}) {
    EXPECT_FALSE(believed(etag)) << etag;
  }
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

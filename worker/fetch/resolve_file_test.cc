// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/resolve_file.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

using ::testing::HasSubstr;

constexpr char kUrl[] = "https://dl.example.com/kubelet";

class ResolveFileTest : public ::testing::Test {
 protected:
  absl::StatusOr<v1::ResolvedFile> Resolve(http::Headers headers) {
    kso::testing::FakeTransport transport;
    transport.On("HEAD", kUrl, {.headers = std::move(headers)});
    v1::ResolveFile work;
    work.set_url(kUrl);
    work.set_location("files.list:3");
    return ResolveFile(work, {}, transport, clock_, control_);
  }

  kso::testing::FakeClock clock_;
  TaskControl control_;
};

TEST_F(ResolveFileTest, TellsSizeAndValidators) {
  const absl::StatusOr<v1::ResolvedFile> file =
      Resolve({{"Content-Length", "12"},
               {"ETag", "\"v1\""},
               {"Last-Modified", "Mon, 30 Nov 2026 09:00:00 GMT"}});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->url(), kUrl);
  EXPECT_EQ(file->size(), 12);
  EXPECT_EQ(file->etag(), "\"v1\"");
  EXPECT_EQ(file->last_modified(), "Mon, 30 Nov 2026 09:00:00 GMT");
}

TEST_F(ResolveFileTest, AValidatorThatIsNoPlainTextIsNone) {
  const absl::StatusOr<v1::ResolvedFile> file =
      Resolve({{"Content-Length", "12"},
               {"ETag", "\"caf\xe9\""},
               {"Last-Modified", "\x01"}});
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->etag(), "");
  EXPECT_EQ(file->last_modified(), "");
  v1::ResolvedFile read;
  EXPECT_TRUE(read.ParseFromString(file->SerializeAsString()));
}

TEST_F(ResolveFileTest, AFileThatIsSaidToBeImpossiblyLargeIsNamed) {
  EXPECT_TRUE(Resolve({{"Content-Length", "1099511627776"}}).ok());
  for (const char* length : {"1099511627777", "9223372036854775807"}) {
    const absl::Status status = Resolve({{"Content-Length", length}}).status();
    const v1::Failure failure = ToFailure(status, "");
    EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
    EXPECT_EQ(failure.item(), kUrl);
    EXPECT_EQ(failure.location(), "files.list:3");
    EXPECT_THAT(failure.reason(), HasSubstr("over the limit of 1 TiB"));
  }
}

TEST_F(ResolveFileTest, ALengthThatIsNoNumberIsNotKnown) {
  for (const char* length : {"-5", "ten", "9223372036854775808", ""}) {
    EXPECT_EQ(Resolve({{"Content-Length", length}})->size(), -1) << length;
  }
}

TEST_F(ResolveFileTest, AHostThatRefusesHeadIsAskedForOneByte) {
  for (const int status : {403, 405, 501}) {
    kso::testing::FakeTransport transport;
    transport.On("HEAD", kUrl, {.status = status});
    transport.On("GET", kUrl,
                 {.status = 206,
                  .headers = {{"Content-Range", "bytes 0-0/5000"},
                              {"Content-Length", "1"}},
                  .body = "x"});
    v1::ResolveFile work;
    work.set_url(kUrl);
    const auto file = ResolveFile(work, {}, transport, clock_, control_);
    ASSERT_TRUE(file.ok()) << status << " " << file.status();
    EXPECT_EQ(file->size(), 5000) << status;
    EXPECT_EQ(kso::testing::HeaderOf(transport.requests().back(), "Range"),
              "bytes=0-0");
  }
}

TEST_F(ResolveFileTest, OneThatIgnoresRangesThenIsNotHeardToItsEnd) {
  kso::testing::FakeTransport transport;
  transport.On("HEAD", kUrl, {.status = 405});
  transport.On("GET", kUrl,
               {.headers = {{"Content-Length", "5000"}},
                .body = "the beginning",
                .ending = absl::UnavailableError("cut")});
  v1::ResolveFile work;
  work.set_url(kUrl);
  const auto file = ResolveFile(work, {}, transport, clock_, control_);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->size(), 5000);
}

TEST_F(ResolveFileTest, WhatElseAHostAnswersIsItsAnswer) {
  clock_.AdvanceByItself();
  for (const int status : {400, 402, 404, 406, 500, 502}) {
    kso::testing::FakeTransport transport;
    transport.On("HEAD", kUrl, {.status = status});
    v1::ResolveFile work;
    work.set_url(kUrl);
    work.set_location("files.list:3");
    const absl::Status answer =
        ResolveFile(work, {}, transport, clock_, control_).status();
    const v1::Failure failure = ToFailure(answer, "");
    EXPECT_EQ(failure.item(), kUrl) << status;
    EXPECT_EQ(failure.location(), "files.list:3") << status;
    EXPECT_THAT(failure.reason(), HasSubstr(std::to_string(status)));
    EXPECT_EQ(transport.CountOf("GET", kUrl), 0) << status;
  }
}

TEST_F(ResolveFileTest, AnEncodingIsTakenForTheFileOnlyByItsChecksum) {
  kso::testing::FakeTransport transport;
  transport.On("HEAD", kUrl, {.headers = {{"Content-Encoding", "gzip"}}});
  v1::ResolveFile work;
  work.set_url(kUrl);
  EXPECT_TRUE(absl::IsDataLoss(
      ResolveFile(work, {}, transport, clock_, control_).status()));
  work.set_digest("sha256:" + std::string(64, '0'));
  EXPECT_TRUE(ResolveFile(work, {}, transport, clock_, control_).ok());
}

TEST_F(ResolveFileTest, TheTaskSaysWhatItAsksWhere) {
  ASSERT_TRUE(Resolve({}).ok());
  EXPECT_EQ(control_.activity(), std::string("asking for ") + kUrl);
  EXPECT_EQ(control_.host(), "dl.example.com");
}

TEST_F(ResolveFileTest, LoginsStayAtThePlacesOfTheTask) {
  const struct {
    const char* place;
    bool without_login;
  } kCases[] = {{"dl.example.com", false}, {"other.example.com", true}};
  for (const auto& [place, without_login] : kCases) {
    kso::testing::FakeTransport transport;
    transport.On("HEAD", kUrl, kso::testing::FakeAnswer{});
    v1::ResolveFile work;
    work.set_url(kUrl);
    TaskControl control(&clock_, absl::InfiniteFuture(),
                        oci::LoginPlaces::Parse({place}).value());
    ASSERT_TRUE(ResolveFile(work, {}, transport, clock_, control).ok());
    EXPECT_EQ(transport.requests().back().transfer.without_login, without_login)
        << place;
  }
  // A task whose build is not limited uses this machine's logins.
  kso::testing::FakeTransport transport;
  transport.On("HEAD", kUrl, kso::testing::FakeAnswer{});
  v1::ResolveFile work;
  work.set_url(kUrl);
  ASSERT_TRUE(ResolveFile(work, {}, transport, clock_, control_).ok());
  EXPECT_FALSE(transport.requests().back().transfer.without_login);
}

TEST_F(ResolveFileTest, ACancelledTaskEndsItsQuestion) {
  kso::testing::FakeTransport transport;
  bool ended = false;
  transport.On("HEAD", kUrl, [&](const http::Request& request) {
    control_.Cancel();
    ended = request.transfer.stop.stop_requested();
    return kso::testing::FakeAnswer{.ending = absl::CancelledError("stopped")};
  });
  v1::ResolveFile work;
  work.set_url(kUrl);
  EXPECT_TRUE(absl::IsCancelled(
      ResolveFile(work, {}, transport, clock_, control_).status()));
  EXPECT_TRUE(ended);
}

}  // namespace
}  // namespace kso::worker

// SPDX-License-Identifier: Apache-2.0
#include "common/http/retry.h"

#include <gtest/gtest.h>

#include <memory>
#include <stop_token>
#include <string>
#include <utility>

#include "common/base/status_notes.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"

namespace kso::http {
namespace {

using ::kso::testing::FakeAnswer;

constexpr char kUrl[] = "https://a.example.com/";

class RetryTest : public ::testing::Test {
 protected:
  RetryTest() { clock_.AdvanceByItself(); }

  absl::StatusOr<Response> Ask(const std::string& method = "GET") {
    Request request;
    request.method = method;
    request.url = kUrl;
    return transport_->Perform(request);
  }

  int number_ = 0;
  testing::FakeClock clock_;
  testing::FakeTransport* fake_ = new testing::FakeTransport;
  std::unique_ptr<Transport> transport_ =
      WithRetries(std::unique_ptr<Transport>(fake_), &clock_);
};

TEST_F(RetryTest, PassingTroubleIsTriedAgain) {
  fake_->On("GET", kUrl, FakeAnswer{.status = 503});
  fake_->On("GET", kUrl, FakeAnswer{.ending = absl::UnavailableError("cut")});
  fake_->On("GET", kUrl, FakeAnswer{.body = "ok"});
  const auto response = Ask();
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "ok");
}

TEST_F(RetryTest, GivesUpAtLastWithWhatWasSaid) {
  fake_->On("GET", kUrl, FakeAnswer{.status = 502});
  EXPECT_EQ(Ask()->status, 502);
  EXPECT_EQ(fake_->CountOf("GET", kUrl), 4);
}

TEST_F(RetryTest, HonoursRetryAfter) {
  fake_->On("GET", kUrl,
            FakeAnswer{.status = 429, .headers = {{"Retry-After", "15"}}});
  fake_->On("GET", kUrl, FakeAnswer{});
  const absl::Time start = clock_.Now();
  EXPECT_EQ(Ask()->status, 200);
  EXPECT_GE(clock_.Now() - start, absl::Seconds(15));
}

TEST_F(RetryTest, ALongRetryAfterIsTheCallersAffair) {
  fake_->On("GET", kUrl,
            FakeAnswer{.status = 429, .headers = {{"Retry-After", "600"}}});
  EXPECT_EQ(Ask()->status, 429);
  EXPECT_EQ(fake_->CountOf("GET", kUrl), 1);
}

TEST_F(RetryTest, WhatTryingAgainCannotMendIsNotTried) {
  fake_->On("GET", kUrl, FakeAnswer{.status = 404});
  EXPECT_EQ(Ask()->status, 404);
  fake_->On("POST", kUrl, FakeAnswer{.status = 503});
  EXPECT_EQ(Ask("POST")->status, 503);
  EXPECT_EQ(fake_->CountOf("GET", kUrl), 1);
  EXPECT_EQ(fake_->CountOf("POST", kUrl), 1);
}

TEST_F(RetryTest, OnlyWhatMayPassIsTriedAgain) {
  const auto tries = [this](const std::string& method,
                            const FakeAnswer& answer) {
    Request request;
    request.method = method;
    request.url = kUrl + std::to_string(number_++);
    fake_->On(method, request.url, answer);
    transport_->Perform(request).IgnoreError();
    return fake_->CountOf(method, request.url);
  };
  for (const int status : {408, 429, 500, 502, 503, 504}) {
    EXPECT_EQ(tries("GET", {.status = status}), 4) << status;
    EXPECT_EQ(tries("HEAD", {.status = status}), 4) << status;
    EXPECT_EQ(tries("PUT", {.status = status}), 1) << status;
  }
  for (const int status : {200, 206, 301, 400, 401, 403, 404, 416}) {
    EXPECT_EQ(tries("GET", {.status = status}), 1) << status;
  }
  EXPECT_EQ(tries("GET", {.ending = absl::UnavailableError("cut")}), 4);
  EXPECT_EQ(tries("GET", {.ending = absl::DeadlineExceededError("slow")}), 4);
  for (const absl::Status& ending :
       {absl::CancelledError("cancelled"), absl::PermissionDeniedError("no"),
        Exhausted(Resource::kSizeBound, "too large"),
        absl::InvalidArgumentError("bad")}) {
    EXPECT_EQ(tries("GET", {.ending = ending}), 1) << ending;
  }
}

TEST_F(RetryTest, ARetryAfterOfTwentySecondsIsStillWaitedOut) {
  for (const auto& [seconds, tries] :
       {std::pair("20", 2), std::pair("21", 1)}) {
    const std::string url = kUrl + std::to_string(number_++);
    fake_->On("GET", url,
              FakeAnswer{.status = 503, .headers = {{"Retry-After", seconds}}});
    fake_->On("GET", url, FakeAnswer{});
    Request request;
    request.url = url;
    EXPECT_EQ(transport_->Perform(request)->status, tries == 2 ? 200 : 503);
    EXPECT_EQ(fake_->CountOf("GET", url), tries);
  }
}

TEST_F(RetryTest, AStopEndsTheTries) {
  std::stop_source stop;
  fake_->On("GET", kUrl, [&stop](const Request&) {
    stop.request_stop();
    return FakeAnswer{.status = 503};
  });
  Request request;
  request.url = kUrl;
  request.transfer.stop = stop.get_token();
  EXPECT_TRUE(absl::IsCancelled(transport_->Perform(request).status()));
  EXPECT_EQ(fake_->CountOf("GET", kUrl), 1);
}

}  // namespace
}  // namespace kso::http

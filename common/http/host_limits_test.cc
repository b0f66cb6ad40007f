// SPDX-License-Identifier: Apache-2.0
#include "common/http/host_limits.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"

namespace kso::http {
namespace {

using ::kso::testing::FakeAnswer;

constexpr char kUrl[] = "https://quay.io/v2/";
constexpr char kHost[] = "quay.io";

TEST(AdaptiveLimitTest, HalvesOnRefusalsAndGrowsByOne) {
  const absl::Time start = absl::UnixEpoch();
  AdaptiveLimit limit({.first = 8, .least = 1, .most = 9});
  limit.Refused(start, start + absl::Seconds(1));
  EXPECT_EQ(limit.limit(), 4);
  // This transfer began before the limit was halved: its refusal is the same
  // trouble.
  limit.Refused(start + absl::Seconds(1), start + absl::Seconds(2));
  EXPECT_EQ(limit.limit(), 4);
  for (int i = 0; i < 5; ++i) limit.Succeeded();
  EXPECT_EQ(limit.limit(), 5);
  for (int i = 0; i < 1000; ++i) limit.Succeeded();
  EXPECT_EQ(limit.limit(), 9);
  for (int i = 2; i < 20; ++i) {
    limit.Refused(start + absl::Seconds(i), start + absl::Seconds(i));
  }
  EXPECT_EQ(limit.limit(), 1);
}

TEST(QuotaTest, ReadsWhatDockerHubSends) {
  Response response;
  response.headers = {{"ratelimit-limit", "100;w=21600"},
                      {"RateLimit-Remaining", "76;w=21600"}};
  const auto quota = ParseQuota(response);
  ASSERT_TRUE(quota.has_value());
  EXPECT_EQ(quota->limit, 100);
  EXPECT_EQ(quota->remaining, 76);
  EXPECT_EQ(quota->window, absl::Hours(6));
}

TEST(QuotaTest, LeavesOutWhatCannotBeRead) {
  for (const char* remaining : {"", "many", "-1", "1e3"}) {
    Response response;
    response.headers = {{"ratelimit-limit", "100"},
                        {"ratelimit-remaining", remaining}};
    EXPECT_FALSE(ParseQuota(response).has_value()) << remaining;
  }
  EXPECT_FALSE(ParseQuota(Response()).has_value());
}

TEST(QuotaTest, AWindowThatCannotBeReadIsLeftOut) {
  const auto window_of = [](const char* limit, const char* remaining) {
    Response response;
    response.headers = {{"ratelimit-limit", limit},
                        {"ratelimit-remaining", remaining}};
    const auto quota = ParseQuota(response);
    EXPECT_TRUE(quota.has_value()) << limit;
    return quota.has_value() ? quota->window : absl::InfiniteDuration();
  };
  EXPECT_EQ(window_of("100", "76"), absl::ZeroDuration());
  EXPECT_EQ(window_of("100;w=soon", "76"), absl::ZeroDuration());
  EXPECT_EQ(window_of("100;w=-5", "76"), absl::ZeroDuration());
  EXPECT_EQ(window_of("100; burst=5; w=60", "76"), absl::Minutes(1));
  EXPECT_EQ(window_of("100", "76;w=60"), absl::Minutes(1));
  EXPECT_EQ(window_of("0;w=60", "0"), absl::Minutes(1));
}

std::stop_token Stopped() {
  std::stop_source source;
  source.request_stop();
  return source.get_token();
}

bool MustGiveWay(const HostLimits::SparePlace& place) {
  return place.give_way.stop_requested();
}

class HostLimitsTest : public ::testing::Test {
 protected:
  void Use(const HostLimitOptions& options) {
    limits_ = std::make_unique<HostLimits>(&clock_, options);
    auto fake = std::make_unique<testing::FakeTransport>();
    fake_ = fake.get();
    transport_ = WithHostLimits(std::move(fake), limits_.get());
  }

  int Ask() {
    Request request;
    request.url = kUrl;
    const auto response = transport_->Perform(request);
    return response.ok() ? response->status : 0;
  }

  testing::FakeClock clock_;
  std::unique_ptr<HostLimits> limits_;
  testing::FakeTransport* fake_ = nullptr;
  std::unique_ptr<Transport> transport_;
};

TEST_F(HostLimitsTest, ReportsWhatTheHostSays) {
  Use({});
  fake_->On("GET", kUrl,
            FakeAnswer{.status = 429,
                       .headers = {{"Retry-After", "3600"},
                                   {"ratelimit-limit", "100;w=21600"},
                                   {"ratelimit-remaining", "0;w=21600"}}});
  EXPECT_TRUE(limits_->Reports().empty());
  EXPECT_EQ(Ask(), 429);
  const std::vector<HostReport> reports = limits_->Reports();
  ASSERT_EQ(reports.size(), 1u);
  EXPECT_EQ(reports[0].host, kHost);
  EXPECT_EQ(reports[0].refusals, 1);
  EXPECT_EQ(reports[0].paused_until, clock_.Now() + absl::Hours(1));
  EXPECT_EQ(reports[0].quota->remaining, 0);
  EXPECT_EQ(limits_->LimitOf(kHost), 4);
  EXPECT_EQ(limits_->LimitOf("ghcr.io"), 8);
}

TEST_F(HostLimitsTest, WhatTellsOfTooMuchHalvesWhatIsAskedAtATime) {
  const std::vector<std::pair<FakeAnswer, int>> answers = {
      {FakeAnswer{.status = 429}, 4},
      {FakeAnswer{.status = 503}, 4},
      {FakeAnswer{.ending = absl::DeadlineExceededError("too slow")}, 4},
      {FakeAnswer{.status = 200}, 8},
      {FakeAnswer{.status = 404}, 8},
      {FakeAnswer{.status = 500}, 8},
      {FakeAnswer{.ending = absl::CancelledError("cancelled")}, 8},
      {FakeAnswer{.ending = absl::UnavailableError("cut")}, 8},
  };
  for (const auto& [answer, limit] : answers) {
    Use({});
    fake_->On("GET", kUrl, answer);
    Ask();
    EXPECT_EQ(limits_->LimitOf(kHost), limit)
        << answer.status << " " << answer.ending;
  }
}

TEST_F(HostLimitsTest, WaitsOutAShortRetryAfter) {
  Use({});
  clock_.AdvanceByItself();
  fake_->On("GET", kUrl,
            FakeAnswer{.status = 503, .headers = {{"Retry-After", "5"}}});
  fake_->On("GET", kUrl, FakeAnswer{});
  const absl::Time start = clock_.Now();
  EXPECT_EQ(Ask(), 503);
  EXPECT_EQ(Ask(), 200);
  EXPECT_EQ(clock_.Now() - start, absl::Seconds(5));
}

TEST_F(HostLimitsTest, ARetryAfterOfTwentySecondsIsStillWaitedOut) {
  clock_.AdvanceByItself();
  for (const auto& [asked, waited] :
       {std::pair("20", 20), std::pair("21", 0)}) {
    Use({});
    fake_->On("GET", kUrl,
              FakeAnswer{.status = 503, .headers = {{"Retry-After", asked}}});
    fake_->On("GET", kUrl, FakeAnswer{});
    const absl::Time start = clock_.Now();
    EXPECT_EQ(Ask(), 503);
    EXPECT_EQ(Ask(), 200);
    EXPECT_EQ(clock_.Now() - start, absl::Seconds(waited)) << asked;
  }
}

TEST_F(HostLimitsTest, NoPauseIsLongerThanTheLongestWait) {
  Use({.host = {}, .longest_pause = absl::Minutes(10)});
  clock_.AdvanceByItself();
  fake_->On("GET", kUrl,
            FakeAnswer{.status = 503, .headers = {{"Retry-After", "300"}}});
  fake_->On("GET", kUrl, FakeAnswer{});
  const absl::Time start = clock_.Now();
  EXPECT_EQ(Ask(), 503);
  EXPECT_EQ(Ask(), 200);
  EXPECT_EQ(clock_.Now() - start, absl::Minutes(1));
}

TEST_F(HostLimitsTest, NoMoreAtATimeThanTheHostBears) {
  Use({.host = {.first = 1, .least = 1, .most = 1}});
  ASSERT_TRUE(limits_->Enter(kHost, {}).ok());
  // Another host has room.
  const auto other = limits_->Enter("ghcr.io", {});
  ASSERT_TRUE(other.ok());
  EXPECT_TRUE(absl::IsCancelled(limits_->Enter(kHost, Stopped()).status()));

  std::thread waiting([this] { EXPECT_TRUE(limits_->Enter(kHost, {}).ok()); });
  clock_.AwaitWaiters(1);
  limits_->Leave(kHost, clock_.Now(), Response());
  waiting.join();
}

TEST_F(HostLimitsTest, NoMoreAtATimeThanTheWorkerBears) {
  Use({.host = {}, .most_in_all = 1});
  ASSERT_TRUE(limits_->Enter(kHost, {}).ok());
  EXPECT_TRUE(absl::IsCancelled(limits_->Enter("ghcr.io", Stopped()).status()));
}

TEST_F(HostLimitsTest, ASparePlaceIsOneThatNobodyElseWants) {
  Use({.host = {.first = 2, .least = 1, .most = 2}});
  ASSERT_TRUE(limits_->Enter(kHost, {}).ok());
  auto spare = limits_->TakeSpare(kHost);
  ASSERT_TRUE(spare.has_value());
  EXPECT_FALSE(limits_->TakeSpare(kHost).has_value());
  EXPECT_FALSE(MustGiveWay(*spare));

  std::thread waiting([this] { EXPECT_TRUE(limits_->Enter(kHost, {}).ok()); });
  clock_.AwaitWaiters(1);
  EXPECT_TRUE(MustGiveWay(*spare));
  // While a transfer waits, no place is spare.
  EXPECT_FALSE(limits_->TakeSpare("ghcr.io").has_value());
  limits_->LeaveSpare(kHost, *spare, absl::CancelledError(""));
  waiting.join();
  EXPECT_TRUE(limits_->TakeSpare("ghcr.io").has_value());
}

TEST_F(HostLimitsTest, OnlyAsManySparePlacesAreLeftAsAreWanted) {
  Use({.host = {.first = 3, .least = 1, .most = 3}});
  auto one = limits_->TakeSpare(kHost);
  auto two = limits_->TakeSpare(kHost);
  ASSERT_TRUE(limits_->Enter(kHost, {}).ok());
  std::thread waiting([this] { EXPECT_TRUE(limits_->Enter(kHost, {}).ok()); });
  clock_.AwaitWaiters(1);
  EXPECT_TRUE(MustGiveWay(*two));
  EXPECT_FALSE(MustGiveWay(*one));
  limits_->LeaveSpare(kHost, *two, absl::CancelledError(""));
  waiting.join();
  EXPECT_FALSE(MustGiveWay(*one));
}

TEST_F(HostLimitsTest, WhereTheWorkerIsFullAPlaceAtAnotherHostIsLeft) {
  Use({.host = {}, .most_in_all = 2});
  auto one = limits_->TakeSpare("ghcr.io");
  auto two = limits_->TakeSpare("ghcr.io");
  ASSERT_TRUE(one.has_value() && two.has_value());
  std::thread waiting([this] { EXPECT_TRUE(limits_->Enter(kHost, {}).ok()); });
  clock_.AwaitWaiters(1);
  EXPECT_TRUE(MustGiveWay(*two));
  EXPECT_FALSE(MustGiveWay(*one)) << "one place is enough";
  limits_->LeaveSpare("ghcr.io", *two, absl::CancelledError(""));
  waiting.join();
  EXPECT_FALSE(MustGiveWay(*one));
}

TEST_F(HostLimitsTest, ASpareRequestEndsAbortedWhenSomebodyComes) {
  Use({.host = {.first = 1, .least = 1, .most = 1}});
  std::thread waiting;
  fake_->On("GET", kUrl, [&](const Request& request) {
    EXPECT_FALSE(request.transfer.stop.stop_requested());
    waiting =
        std::thread([this] { EXPECT_TRUE(limits_->Enter(kHost, {}).ok()); });
    clock_.AwaitWaiters(1);
    EXPECT_TRUE(request.transfer.stop.stop_requested());
    return FakeAnswer{.ending = absl::CancelledError("")};
  });
  Request request;
  request.url = kUrl;
  request.transfer.spare = true;
  EXPECT_TRUE(absl::IsAborted(transport_->Perform(request).status()));
  waiting.join();
  EXPECT_TRUE(absl::IsAborted(transport_->Perform(request).status()));
  EXPECT_EQ(fake_->CountOf("GET", kUrl), 1);
}

TEST_F(HostLimitsTest, WhoIsToBeLeftAloneHasNoSparePlaces) {
  Use({});
  fake_->On("GET", kUrl,
            FakeAnswer{.status = 503, .headers = {{"Retry-After", "60"}}});
  EXPECT_EQ(Ask(), 503);
  EXPECT_FALSE(limits_->TakeSpare(kHost).has_value());
  clock_.Advance(absl::Minutes(1));
  EXPECT_TRUE(limits_->TakeSpare(kHost).has_value());
}

TEST_F(HostLimitsTest, AStopEndsTheWaitForATurn) {
  Use({.host = {.first = 1, .least = 1, .most = 1}});
  ASSERT_TRUE(limits_->Enter(kHost, {}).ok());
  std::stop_source stop;
  std::thread waiting([&] {
    EXPECT_TRUE(
        absl::IsCancelled(limits_->Enter(kHost, stop.get_token()).status()));
  });
  clock_.AwaitWaiters(1);
  stop.request_stop();
  waiting.join();
}

TEST_F(HostLimitsTest, AStopEndsAPause) {
  Use({});
  fake_->On("GET", kUrl,
            FakeAnswer{.status = 503, .headers = {{"Retry-After", "5"}}});
  EXPECT_EQ(Ask(), 503);
  std::stop_source stop;
  std::thread waiting([&] {
    EXPECT_TRUE(
        absl::IsCancelled(limits_->Enter(kHost, stop.get_token()).status()));
  });
  clock_.AwaitWaiters(1);
  stop.request_stop();
  waiting.join();
}

TEST_F(HostLimitsTest, ALongerRetryAfterEndsTheWaitForAShortOne) {
  Use({});
  fake_->On("GET", kUrl,
            FakeAnswer{.status = 503, .headers = {{"Retry-After", "5"}}});
  EXPECT_EQ(Ask(), 503);
  std::thread waiting([&] { EXPECT_TRUE(limits_->Enter(kHost, {}).ok()); });
  clock_.AwaitWaiters(1);
  Response later;
  later.status = 503;
  later.headers = {{"Retry-After", "600"}};
  limits_->Leave(kHost, clock_.Now(), later);
  waiting.join();
}

TEST_F(HostLimitsTest, NobodyWaitsForEver) {
  Use({.host = {.first = 1, .least = 1, .most = 1}});
  clock_.AdvanceByItself();
  const absl::Time start = clock_.Now();
  ASSERT_TRUE(limits_->Enter(kHost, {}).ok());
  ASSERT_TRUE(limits_->Enter(kHost, {}).ok());
  EXPECT_EQ(clock_.Now() - start, absl::Minutes(1));
}

}  // namespace
}  // namespace kso::http

// SPDX-License-Identifier: Apache-2.0
#include "common/metrics/metrics_server.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/http/transport.h"
#include "common/metrics/process_metrics.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/raw_http_client.h"
#include "tests/fakes/server_process.h"

namespace kso::metrics {
namespace {

TEST(MetricsServerTest, AnswersAsPrometheusAsks) {
  const std::string address = absl::StrCat("127.0.0.1:", testing::FreePort());
  const auto server =
      CreateMetricsServer(address, {CreateProcessMetrics("kso-worker")});
  ASSERT_TRUE(server.ok()) << server.status();
  const auto transport = http::CreateCurlTransport({.use_proxy = false});
  ASSERT_TRUE(transport.ok());
  http::Request request;
  request.url = absl::StrCat("http://", address, "/metrics");
  const auto answer = (*transport)->Perform(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
  EXPECT_THAT(answer->body, ::testing::HasSubstr("kso_build_info{"));
}

// The status that an answer has, and the answer.
std::pair<int, std::string> Scrape(const std::string& address,
                                   const std::string& login) {
  const auto transport = http::CreateCurlTransport({.use_proxy = false});
  EXPECT_TRUE(transport.ok());
  http::Request request;
  request.url = absl::StrCat("http://", address, "/metrics");
  if (!login.empty()) {
    request.credentials.push_back(
        {"Authorization", absl::StrCat("Basic ", absl::Base64Escape(login))});
  }
  const auto answer = (*transport)->Perform(request);
  EXPECT_TRUE(answer.ok()) << answer.status();
  return answer.ok() ? std::pair(answer->status, answer->body)
                     : std::pair(0, std::string());
}

TEST(MetricsServerTest, WithATokenOnlyWhoShowsItReadsThem) {
  const std::string address = absl::StrCat("127.0.0.1:", testing::FreePort());
  const auto server = CreateMetricsServer(
      address, {CreateProcessMetrics("kso-worker")}, "s3cret");
  ASSERT_TRUE(server.ok()) << server.status();
  for (const char* login :
       {"", "kso:", "kso:s3cre", "kso:s3cret2", "s3cret:kso", "kso"}) {
    const auto [status, body] = Scrape(address, login);
    EXPECT_EQ(status, 401) << login;
    EXPECT_THAT(body, ::testing::Not(::testing::HasSubstr("kso_build_info")));
  }
  const auto [status, body] = Scrape(address, "kso:s3cret");
  EXPECT_EQ(status, 200);
  EXPECT_THAT(body, ::testing::HasSubstr("kso_build_info{"));
}

TEST(MetricsServerTest, SlowClientsDoNotKeepPrometheusOut) {
  const std::string address = absl::StrCat("127.0.0.1:", testing::FreePort());
  const auto server =
      CreateMetricsServer(address, {CreateProcessMetrics("kso-worker")});
  ASSERT_TRUE(server.ok()) << server.status();
  // They begin requests and do not end them.
  std::vector<std::unique_ptr<testing::RawHttpClient>> slow;
  for (int i = 0; i < 4; ++i) {
    slow.push_back(std::make_unique<testing::RawHttpClient>(address));
    EXPECT_TRUE(slow.back()->Send("GET /metrics HTTP/1.1\r\nHost: x\r\nX"));
  }
  const auto transport = http::CreateCurlTransport({.use_proxy = false});
  ASSERT_TRUE(transport.ok());
  http::Request request;
  request.url = absl::StrCat("http://", address, "/metrics");
  request.transfer.answer_timeout = absl::Seconds(10);
  const auto answer = (*transport)->Perform(request);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->status, 200);
}

TEST(MetricsServerTest, APortInUseIsAnError) {
  const std::string address = absl::StrCat("127.0.0.1:", testing::FreePort());
  const auto first = CreateMetricsServer(address, {});
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = CreateMetricsServer(address, {});
  EXPECT_TRUE(absl::IsUnavailable(second.status())) << second.status();
  EXPECT_THAT(std::string(second.status().message()),
              ::testing::HasSubstr(address));
}

}  // namespace
}  // namespace kso::metrics

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/status/status_server.h"

#include <httplib.h>

#include <nlohmann/json.hpp>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/engine_fixture.h"

namespace kso::coordinator {
namespace {

using ::testing::HasSubstr;

class StatusServerTest : public EngineTest {
 protected:
  StatusServerTest() {
    auto server = StartStatusServer("127.0.0.1:0", engine_.get());
    EXPECT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  httplib::Response Fetch(const std::string& path) {
    httplib::Client client("http://" + server_->address());
    const httplib::Result result = client.Get(path);
    EXPECT_TRUE(result) << path;
    return result ? *result : httplib::Response();
  }

  std::unique_ptr<StatusServer> server_;
};

TEST_F(StatusServerTest, ShowsBuildsAndWorkersAsJson) {
  ScriptedWorker worker("w", "amd64", "s1", 1);
  ASSERT_TRUE(Submit().ok());
  Sync(worker);
  const auto json =
      nlohmann::json::parse(Fetch("/api/status.json").body, nullptr, false);
  ASSERT_FALSE(json.is_discarded());
  EXPECT_EQ(json["builds"][0]["buildId"], "b1");
  EXPECT_EQ(json["builds"][0]["state"], "RUNNING");
  EXPECT_EQ(json["builds"][0]["waiting"][0],
            "3 tasks wait for a free slot; in use: 1 by this build");
  EXPECT_EQ(json["workers"][0]["info"]["name"], "w");
  EXPECT_EQ(json["workers"][0]["state"], "READY");
}

TEST_F(StatusServerTest, ThePageAllowsNothingFromElsewhere) {
  const httplib::Response page = Fetch("/");
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("<html lang=\"en\">"));
  EXPECT_THAT(page.get_header_value("Content-Security-Policy"),
              HasSubstr("default-src 'none'"));
  EXPECT_THAT(Fetch("/page.js").body, ::testing::Not(HasSubstr("innerHTML")));
  EXPECT_EQ(Fetch("/other").status, 404);
}

TEST_F(StatusServerTest, IsHealthyWhileTheEngineAnswers) {
  EXPECT_EQ(Fetch("/healthz").body, "ok\n");
  engine_->Stop();
  EXPECT_EQ(Fetch("/healthz").status, 503);
}

TEST_F(StatusServerTest, SaysWhyItCannotListen) {
  EXPECT_EQ(StartStatusServer("nonsense", engine_.get()).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(
      std::string(
          StartStatusServer("203.0.113.1:1", engine_.get()).status().message()),
      HasSubstr("cannot listen on 203.0.113.1:1"));
}

}  // namespace
}  // namespace kso::coordinator

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/api_server.h"

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/bytes/digest.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/api_fixture.h"
#include "tests/fakes/engine_fixture.h"
#include "tests/fakes/raw_http_client.h"

namespace kso::coordinator {
namespace {

using kso::testing::RawHttpAnswer;
using kso::testing::RawHttpClient;
using nlohmann::json;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

TEST_F(ApiServerTest, AWorkerIsDrainedAndUndrained) {
  Sync(one_);
  RawHttpAnswer answer = Post("/api/v1/workers/one/drain");
  ASSERT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(json::parse(answer.body)["drainOrdered"], true);
  answer = Post("/api/v1/workers/one/undrain");
  EXPECT_EQ(json::parse(answer.body)["drainOrdered"], false);
  EXPECT_EQ(Post("/api/v1/workers/none/drain").status, 404);
  EXPECT_THAT(
      doors_.Deeds(),
      ElementsAre(
          "local: POST /api/v1/workers/one/drain worker one",
          "local: POST /api/v1/workers/one/undrain worker one",
          "local: POST /api/v1/workers/none/drain worker none refused"));
}

TEST_F(ApiServerTest, ABodySaysNothingOfTheRolesOfItsSubmitter) {
  v1::SubmitBuildRequest request = RequestOf("b1");
  options_.logins = *LoginRules::Parse(
      {request.release().destination().location() + "=role:admin"});
  StartAnew();
  doors_.tokens = {{"s", access::Role::kSubmit}, {"a", access::Role::kAdmin}};
  const std::string body = R"({
    "buildId": "b1",
    "submitterRoles": ["admin"],
    "release": {
      "name": "v1",
      "platforms": [{"os": "linux", "architecture": "amd64"}],
      "filesBase": "docker.io/library/nginx:1.25",
      "files": [{
        "url": "https://dl.example.com/x",
        "location": "files.list:1",
        "architectures": ["amd64"]
      }],
      "destination": {
        "kind": "REGISTRY",
        "location": "registry.example.com/team"
      }
    }
  })";
  EXPECT_EQ(Post("/api/v1/builds", body, Bearer("s")).status, 403);
  EXPECT_EQ(Post("/api/v1/builds", body, Bearer("a")).status, 201);
}

TEST_F(ApiServerTest, ABuildIsRetriedOnTheWordOfWhoAsks) {
  options_.quotas.submits_of_one = 1;
  StartAnew();
  doors_.tokens = {{"alice", access::Role::kSubmit},
                   {"bob", access::Role::kSubmit}};
  v1::SubmitBuildRequest request = RequestOf("b1");
  request.set_submitted_by("alice");
  ASSERT_TRUE(Submit(request).ok());
  ASSERT_TRUE(Cancel("b1").ok());
  EXPECT_EQ(Post("/api/v1/builds/b1/retry", "", Bearer("alice")).status, 429);
  EXPECT_EQ(Post("/api/v1/builds/b1/retry", "", Bearer("bob")).status, 200);
}

TEST_F(ApiServerTest, PagesAreWithinTheirRanges) {
  for (const std::string id : {"b1", "b2", "b3"}) {
    v1::SubmitBuildRequest request = RequestOf(id);
    request.set_priority(id.back());
    ASSERT_TRUE(Submit(request).ok());
  }
  const json first = GetJson("/api/v1/builds?limit=2");
  EXPECT_EQ(first["total"], 3);
  ASSERT_THAT(first["items"], SizeIs(2));
  const json second =
      GetJson(absl::StrCat("/api/v1/builds?limit=2&pageToken=",
                           first["nextPageToken"].get<std::string>()));
  ASSERT_THAT(second["items"], SizeIs(1));
  EXPECT_FALSE(second.contains("nextPageToken"));
  for (const std::string query :
       {"limit=0", "limit=1001", "limit=-1", "limit=x", "limit=1&limit=2",
        "pageToken=x", "pageToken=0", "pageToken=-1", "pageToken=%2B1",
        "pageToken=01", "pageToken=1%0A", "pageToken=1000000000000000000",
        "state=none", "unknown=1", "text=%ff"}) {
    EXPECT_EQ(Get(absl::StrCat("/api/v1/builds?", query)).status, 400) << query;
  }
  // A parameter without a value is not there.
  EXPECT_EQ(Get("/api/v1/builds?pageToken=").status, 200);
  for (const std::string query :
       {"limit=0", "pageToken=-1", "pageToken=%201", "state=x"}) {
    EXPECT_EQ(Get(absl::StrCat("/api/v1/workers?", query)).status, 400)
        << query;
    EXPECT_EQ(Get(absl::StrCat("/api/v1/builds/b1/tasks?", query)).status, 400)
        << query;
  }
  EXPECT_EQ(Get("/api/v1/builds/b1/logs?after=-1").status, 400);
}

TEST_F(ApiServerTest, ListsAreFilteredByTheirParameters) {
  for (const std::string id : {"b1", "b2"}) {
    v1::SubmitBuildRequest request = RequestOf(id);
    request.set_priority(id.back());
    ASSERT_TRUE(Submit(request).ok());
  }
  ASSERT_TRUE(Cancel("b2").ok());
  Sync(one_);
  Sync(two_);
  const std::string builds = "/api/v1/builds?";
  EXPECT_THAT(Each(builds + "state=cancelled", "id"), ElementsAre("b2"));
  EXPECT_THAT(Each(builds + "state=running,cancelled", "id"), SizeIs(2));
  EXPECT_THAT(Each(builds + "state=running&state=cancelled", "id"), SizeIs(2));
  EXPECT_THAT(Each(builds + "text=B1", "id"), ElementsAre("b1"));
  EXPECT_THAT(Each(builds + "release=another", "id"), IsEmpty());

  const std::string tasks = "/api/v1/builds/b1/tasks?";
  EXPECT_THAT(Each(tasks + "state=running&worker=one", "id"),
              SizeIs(one_.held.size()));
  EXPECT_THAT(Each(tasks + "state=done", "id"), IsEmpty());
  EXPECT_THAT(Each(tasks + "worker=nobody", "id"), IsEmpty());
  EXPECT_THAT(Each(tasks + "phase=resolve", "id"), Not(IsEmpty()));
  EXPECT_THAT(Each(tasks + "phase=verify", "id"), IsEmpty());

  const std::string logs = "/api/v1/builds/b1/logs";
  const json all = GetJson(logs);
  ASSERT_THAT(all["items"], Not(IsEmpty()));
  EXPECT_THAT(GetJson(logs + "?level=error")["items"], IsEmpty());
  EXPECT_THAT(GetJson(logs + "?text=no-such-words")["items"], IsEmpty());
  EXPECT_THAT(GetJson(absl::StrCat(
                  logs, "?after=", all["lastSequence"].get<int>()))["items"],
              IsEmpty());

  EXPECT_THAT(Each("/api/v1/workers?text=ONE", "name"), ElementsAre("one"));
}

TEST_F(ApiServerTest, EachListIsPaged) {
  Sync(one_);
  Sync(two_);
  for (const std::string path : {"/api/v1/workers", "/api/v1/audit"}) {
    const json all = GetJson(path);
    ASSERT_THAT(all["items"], SizeIs(2)) << path;
    EXPECT_EQ(all["total"], 2) << path;
    EXPECT_FALSE(all.contains("nextPageToken")) << path;
    EXPECT_EQ(GetJson(path + "?limit=2"), all) << path;
    const json first = GetJson(path + "?limit=1");
    ASSERT_THAT(first["items"], SizeIs(1)) << path;
    EXPECT_EQ(first["items"][0], all["items"][0]) << path;
    EXPECT_EQ(first["total"], 2) << path;
    EXPECT_EQ(first["nextPageToken"], "1") << path;
    const json second = GetJson(path + "?limit=1&pageToken=1");
    ASSERT_THAT(second["items"], SizeIs(1)) << path;
    EXPECT_EQ(second["items"][0], all["items"][1]) << path;
    EXPECT_EQ(second["total"], 2) << path;
    EXPECT_FALSE(second.contains("nextPageToken")) << path;
    const json beyond = GetJson(path + "?pageToken=3");
    EXPECT_THAT(beyond["items"], IsEmpty()) << path;
    EXPECT_EQ(beyond["total"], 2) << path;
    EXPECT_FALSE(beyond.contains("nextPageToken")) << path;
  }
}

TEST_F(ApiServerTest, WorkersAreFilteredByStateAndPlatform) {
  Sync(one_);
  Sync(two_);
  ASSERT_TRUE(Drain("one").ok());
  const auto names = [this](const std::string& query) {
    return Each("/api/v1/workers?" + query, "name");
  };
  EXPECT_THAT(names("state=ready"), ElementsAre("two"));
  EXPECT_THAT(names("state=draining"), ElementsAre("one"));
  EXPECT_THAT(names("state=ready,draining"), ElementsAre("one", "two"));
  EXPECT_THAT(names("state=lost,unhealthy"), IsEmpty());
  EXPECT_THAT(names("platform=linux/amd64"), ElementsAre("one"));
  EXPECT_THAT(names("platform=linux/arm64"), ElementsAre("two"));
  EXPECT_THAT(names("platform=linux/amd64&state=ready"), IsEmpty());
  EXPECT_THAT(names("platform=linux/arm64&state=ready"), ElementsAre("two"));
}

TEST_F(ApiServerTest, HostsAreFoundByTheirNames) {
  ASSERT_TRUE(Submit().ok());
  EXPECT_THAT(Each("/api/v1/hosts", "host"),
              IsSupersetOf({"dl.example.com", "registry.example.com"}));
  EXPECT_THAT(Each("/api/v1/hosts?text=DL.EXAMPLE", "host"),
              ElementsAre("dl.example.com"));
  EXPECT_THAT(Each("/api/v1/hosts?text=none", "host"), IsEmpty());
}

TEST_F(ApiServerTest, ReleasesAreFoundByNameAndDestination) {
  RunToTag({&one_, &two_});
  actions_.EndTag();
  ASSERT_EQ(EngineTest::Get().state(), v1::Build::SUCCEEDED);
  for (const std::string query :
       {"", "?text=V0.1.0", "?text=registry.example.com/team"}) {
    EXPECT_THAT(Each("/api/v1/releases" + query, "name"),
                ElementsAre("v0.1.0-2.25.1"))
        << query;
  }
  EXPECT_THAT(Each("/api/v1/releases?text=v0.2.0", "name"), IsEmpty());
}

TEST_F(ApiServerTest, DeedsAreFoundByWhoWhatAndOutcomeTheNewestFirst) {
  EXPECT_THAT(Each("/api/v1/audit", "who"), ElementsAre("bob", "alice"));
  for (const std::string text : {"ALICE", "cancelbuild", "build%20b1"}) {
    EXPECT_THAT(Each("/api/v1/audit?text=" + text, "who"), ElementsAre("alice"))
        << text;
  }
  EXPECT_THAT(Each("/api/v1/audit?text=not_found", "who"), ElementsAre("bob"));
  doors_.BreakDisk(absl::UnavailableError("the disk is gone"));
  const RawHttpAnswer answer = Get("/api/v1/audit");
  EXPECT_EQ(answer.status, 503);
  EXPECT_THAT(answer.body, HasSubstr("the disk is gone"));
}

TEST_F(ApiServerTest, TasksAndLogsAreReadInPages) {
  RunToTag({&one_, &two_});
  const std::string tasks = "/api/v1/builds/b1/tasks";
  const std::vector<std::string> ids = Each(tasks, "id");
  ASSERT_GT(ids.size(), 2u);
  const json page = GetJson(tasks + "?limit=1");
  ASSERT_THAT(page["items"], SizeIs(1));
  EXPECT_EQ(page["items"][0]["id"], ids[0]);
  EXPECT_THAT(Each(absl::StrCat(tasks, "?limit=1&pageToken=",
                                page["nextPageToken"].get<std::string>()),
                   "id"),
              ElementsAre(ids[1]));
  EXPECT_THAT(Each(tasks + "?text=DL.EXAMPLE.COM/A", "id"),
              Not(AnyOf(IsEmpty(), SizeIs(ids.size()))));

  const std::string logs = "/api/v1/builds/b1/logs";
  const json all = GetJson(logs);
  ASSERT_GT(all["items"].size(), 2u);
  EXPECT_EQ(all["items"][0]["sequence"], 1);
  EXPECT_EQ(GetJson(logs + "?after=0"), all);
  EXPECT_EQ(GetJson(logs + "?after=1")["items"][0]["sequence"], 2);
  const json first = GetJson(logs + "?limit=1");
  ASSERT_THAT(first["items"], SizeIs(1));
  EXPECT_EQ(first["nextAfter"], 1);
  EXPECT_EQ(GetJson(logs + "?level=info,warning,error")["items"], all["items"]);
  EXPECT_THAT(GetJson(logs + "?text=PHASE%20layers")["items"], SizeIs(1));
  EXPECT_THAT(GetJson(logs + "?task=none")["items"], IsEmpty());
}

TEST_F(ApiServerTest, ParametersThatAPathHasNotAreRefused) {
  ASSERT_TRUE(Submit().ok());
  for (const std::string path :
       {"/api/v1/builds", "/api/v1/builds/b1", "/api/v1/builds/b1/tasks",
        "/api/v1/builds/b1/logs", "/api/v1/workers", "/api/v1/hosts",
        "/api/v1/releases", "/api/v1/audit", "/api/v1/farm/history"}) {
    EXPECT_EQ(Get(path).status, 200) << path;
    EXPECT_EQ(Get(path + "?none=1").status, 400) << path;
  }
}

TEST_F(ApiServerTest, TheFarmIsSampledAsTimeGoesBy) {
  const auto count = [this] {
    return GetJson("/api/v1/farm/history")["samples"].size();
  };
  // Samples are taken on threads of the server's own.
  for (int i = 0; i < 10'000 && count() < 1; ++i) continue;
  EXPECT_EQ(count(), 1u);
  for (int i = 0; i < 10'000 && count() < 2; ++i) Advance(absl::Seconds(10));
  EXPECT_GE(count(), 2u);
}

TEST_F(ApiServerTest, WhatIsKnownIsNotSentAgain) {
  ASSERT_TRUE(Submit().ok());
  const RawHttpAnswer first = Get("/api/v1/builds/b1/tasks");
  const std::string etag = first.Header("etag");
  // Answers that are equal have equal tags, also after a restart.
  EXPECT_EQ(etag,
            absl::StrCat("\"", Sha256Of(first.body).hex().substr(0, 32), "\""));
  for (const std::string& known :
       {etag, absl::StrCat("W/", etag), absl::StrCat("\"x\", ", etag),
        std::string("*")}) {
    const RawHttpAnswer again =
        Get("/api/v1/builds/b1/tasks",
            absl::StrCat("If-None-Match: ", known, "\r\n"));
    EXPECT_EQ(again.status, 304) << known;
    EXPECT_EQ(again.body, "");
    EXPECT_EQ(again.Header("etag"), etag);
  }
  EXPECT_EQ(Get("/api/v1/builds/b1/tasks", "If-None-Match: \"x\"\r\n").status,
            200);
  // A problem is no answer that could be kept.
  const RawHttpAnswer none =
      Get("/api/v1/builds/none/tasks", "If-None-Match: *\r\n");
  EXPECT_EQ(none.status, 404);
  EXPECT_EQ(none.Header("etag"), "");
}

class FewStreamsTest : public ApiServerTest {
 protected:
  FewStreamsTest() { options_of_api_.streams_of_one = 2; }
};

TEST_F(FewStreamsTest, AnIdentityLeavesSomeToTheOthers) {
  doors_.tokens = {{"alice", access::Role::kView},
                   {"bob", access::Role::kView}};
  const auto open = [this](const std::string& token) {
    auto client = std::make_unique<RawHttpClient>(server_->address());
    client->Send(absl::StrCat(
        "GET /api/v1/events HTTP/1.1\r\nHost: ", server_->address(), "\r\n",
        Bearer(token), "\r\n"));
    return client;
  };
  auto first = open("alice");
  EXPECT_EQ(first->Read()->status, 200);
  const auto second = open("alice");
  EXPECT_EQ(second->Read()->status, 200);
  EXPECT_EQ(open("alice")->Read()->status, 429);
  EXPECT_EQ(open("bob")->Read()->status, 200);
  // One that ends makes room.
  first.reset();
  while (open("alice")->Read()->status != 200) {
  }
}

TEST_F(ApiServerTest, PathsAndMethodsThatThereAreNotAreSaidSo) {
  for (const std::string path :
       {"/none", "/x/v1/builds", "/api/v1", "/api/v1/builds/",
        "/api/v1/builds//tasks", "/api/v1/builds/b1/tasks/", "/page.css/",
        "/../etc/passwd", "/api/status.json"}) {
    EXPECT_EQ(Get(path).status, 404) << path;
  }
  for (const auto& [method, path, allow] :
       std::vector<std::tuple<std::string, std::string, std::string>>{
           {"DELETE", "/api/v1/builds", "GET, HEAD, POST"},
           {"POST", "/api/v1/workers", "GET, HEAD"},
           {"GET", "/api/v1/builds/b1/cancel", "POST"},
           {"PUT", "/page.css", "GET, HEAD"},
           {"OPTIONS", "/api/v1/builds", "GET, HEAD, POST"},
           {"TRACE", "/healthz", "GET, HEAD"}}) {
    const RawHttpAnswer answer = Fetch(method, path);
    EXPECT_EQ(answer.status, 405) << method << path;
    EXPECT_EQ(answer.Header("allow"), allow) << method << path;
  }
  EXPECT_EQ(Fetch("HEAD", "/api/v1/farm").status, 200);
}

TEST_F(ApiServerTest, HealthIsTheProcessAndReadinessTheEngine) {
  EXPECT_EQ(Get("/healthz").status, 200);
  EXPECT_EQ(Get("/readyz").status, 200);
  const RawHttpAnswer metrics = Get("/metrics");
  EXPECT_EQ(metrics.status, 200);
  EXPECT_THAT(metrics.Header("content-type"), StartsWith("text/plain"));
  EXPECT_EQ(metrics.body, "kso_up 1\n");
  engine_->Stop();
  EXPECT_EQ(Get("/healthz").status, 200);
  clock_.Advance(absl::Seconds(2));
  EXPECT_EQ(Get("/readyz").status, 503);
  EXPECT_EQ(Get("/api/v1/farm").status, 503);
  EXPECT_EQ(Get("/metrics").status, 503);
}

TEST_F(ApiServerTest, AServerWithoutMetricsSaysSo) {
  options_of_api_.metrics = nullptr;
  StartAnew();
  EXPECT_EQ(Get("/metrics").status, 404);
  EXPECT_EQ(server_->url(), absl::StrCat("http://", server_->address(), "/"));
}

TEST_F(ApiServerTest, TwoHundredViewersHoldNeitherHealthNorProgressUp) {
  const auto running = [this] {
    return GetJson("/api/v1/builds/b1/tasks?state=running")["total"].get<int>();
  };
  ASSERT_TRUE(Submit().ok());
  std::vector<std::unique_ptr<RawHttpClient>> viewers;
  for (int i = 0; i < 200; ++i) {
    viewers.push_back(std::make_unique<RawHttpClient>(server_->address()));
    viewers.back()->Send(absl::StrCat("GET /api/v1/events HTTP/1.1\r\nHost: ",
                                      server_->address(), "\r\n\r\n"));
  }
  for (auto& viewer : viewers) viewer->ReadUntil("hello");
  EXPECT_EQ(running(), 0);
  Sync(one_);
  Advance(absl::Seconds(1));
  EXPECT_EQ(Get("/healthz").status, 200);
  for (auto& viewer : viewers) viewer->ReadUntil("event: change");
  // Answers are looked up anew once a second, before viewers are told.
  EXPECT_GT(running(), 0);
  // The streams are open still: each tells of the next change, too.
  ASSERT_TRUE(Cancel("b1").ok());
  Advance(absl::Seconds(1));
  for (auto& viewer : viewers) viewer->ReadUntil("cancelled");
  EXPECT_EQ(Get("/healthz").status, 200);
}

}  // namespace
}  // namespace kso::coordinator

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/api_server.h"

#include <algorithm>
#include <map>
#include <memory>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/synchronization/mutex.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "coordinator/api/farm_api.h"
#include "coordinator/api/front_door.h"
#include "coordinator/api/host_names.h"
#include "coordinator/api/openapi.h"
#include "coordinator/api/routes.h"
#include "coordinator/api/session_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/engine_fixture.h"
#include "tests/fakes/raw_http_client.h"

namespace kso::coordinator {
namespace {

using kso::testing::FetchRaw;
using kso::testing::RawHttpAnswer;
using kso::testing::RawHttpClient;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsSupersetOf;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::StartsWith;

const json& Document() {
  static const auto* const kDocument =
      new json(json::parse(std::string(kOpenApiDocument)));
  return *kDocument;
}

// Compares a value with a schema of the document: types, members that are
// required or not known, enums and bounds. Problems are added with their place.
void CompareWithSchema(const json& value, const json& schema,
                       const std::string& place,
                       std::vector<std::string>& problems) {
  if (schema.contains("$ref")) {
    const std::string ref = schema["$ref"];
    return CompareWithSchema(value,
                             Document().at(json::json_pointer(ref.substr(1))),
                             place, problems);
  }
  const std::string type = schema.value("type", "");
  const bool fits = (type == "object" && value.is_object()) ||
                    (type == "array" && value.is_array()) ||
                    (type == "string" && value.is_string()) ||
                    (type == "boolean" && value.is_boolean()) ||
                    (type == "integer" && value.is_number_integer()) ||
                    (type == "number" && value.is_number());
  if (!fits) {
    problems.push_back(absl::StrCat(place, " is no ", type));
    return;
  }
  if (schema.contains("enum")) {
    const json& words = schema["enum"];
    if (std::find(words.begin(), words.end(), value) == words.end()) {
      problems.push_back(absl::StrCat(place, " is ", value.dump()));
    }
  }
  if (value.is_number() && schema.contains("minimum") &&
      value < schema["minimum"]) {
    problems.push_back(place + " is less than its minimum");
  }
  if (schema.value("format", "") == "date-time" &&
      !value.get<std::string>().ends_with("Z")) {
    problems.push_back(place + " is no time in UTC");
  }
  if (type == "array") {
    for (size_t i = 0; i < value.size(); ++i) {
      CompareWithSchema(value[i], schema.at("items"),
                        absl::StrCat(place, "[", i, "]"), problems);
    }
  }
  if (type != "object" || !schema.contains("properties")) return;
  for (const std::string name : schema.value("required", json::array())) {
    if (!value.contains(name))
      problems.push_back(absl::StrCat(place, " lacks ", name));
  }
  for (const auto& [name, member] : value.items()) {
    if (!schema["properties"].contains(name)) {
      problems.push_back(absl::StrCat(place, " has the unknown member ", name));
      continue;
    }
    CompareWithSchema(member, schema["properties"][name],
                      absl::StrCat(place, ".", name), problems);
  }
}

// The faults of an answer, by the document.
std::vector<std::string> Compare(const RawHttpAnswer& answer,
                                 const std::string& method,
                                 const std::string& path) {
  const json& responses = Document()["paths"][path][method]["responses"];
  const std::string status = absl::StrCat(answer.status);
  json response =
      responses.contains(status) ? responses[status] : responses["default"];
  if (response.contains("$ref")) {
    const std::string ref = response["$ref"];
    response = Document().at(json::json_pointer(ref.substr(1)));
  }
  const std::string type = answer.Header("content-type");
  if (!response["content"].contains(type)) {
    return {absl::StrCat("the content type is ", type)};
  }
  std::vector<std::string> problems;
  CompareWithSchema(json::parse(answer.body),
                    response["content"][type]["schema"], "the answer",
                    problems);
  return problems;
}

// Knows the tokens that a test gives it; with none, the farm is open.
class FakeDoors final : public Authenticator, public AuditLog {
 public:
  absl::StatusOr<Principal> Identify(const Evidence& evidence) const override {
    absl::MutexLock lock(&mutex_);
    evidence_ = absl::StrCat(
        Concat(evidence.bearer, " ", evidence.certificate, " "),
        evidence.has_certificate, " ", absl::StrJoin(evidence.uris, ","));
    Principal who;
    if (tokens.empty()) {
      who.name = "local";
      who.how = IdentifiedBy::kOpenFarm;
      who.roles = {access::Role::kAdmin};
    } else if (!evidence.bearer.empty()) {
      const auto found = tokens.find(evidence.bearer);
      if (found == tokens.end()) {
        return absl::UnauthenticatedError("this token is not known");
      }
      who.name = found->first;
      who.how = IdentifiedBy::kToken;
      who.roles = {found->second};
    }
    who.remote = std::string(evidence.remote);
    return who;
  }
  bool open() const override {
    absl::MutexLock lock(&mutex_);
    return tokens.empty();
  }
  void Note(const Deed& deed) override {
    absl::MutexLock lock(&mutex_);
    deeds.push_back(absl::StrCat(deed.who.name, ": ", deed.what, " ", deed.on,
                                 deed.outcome.ok() ? "" : " refused"));
    remotes_.push_back(deed.who.remote);
  }
  absl::StatusOr<std::vector<v1::AuditRecord>> Read(absl::Time,
                                                    size_t) override {
    absl::MutexLock lock(&mutex_);
    if (!disk_.ok()) return disk_;
    v1::AuditRecord old;
    old.mutable_time()->set_seconds(1'700'000'000);
    old.set_who("alice");
    old.set_by("token");
    old.set_what("CancelBuild");
    old.set_on("build b1");
    old.set_allowed(true);
    old.set_outcome("OK");
    v1::AuditRecord young = old;
    young.set_who("bob");
    young.set_what("RetryBuild");
    young.set_on("build b2");
    young.set_outcome("NOT_FOUND: there is no build b2");
    return std::vector<v1::AuditRecord>{old, young};
  }
  // From now on the log on disk cannot be read.
  void BreakDisk(const absl::Status& error) {
    absl::MutexLock lock(&mutex_);
    disk_ = error;
  }

  void Grant(const std::string& token, access::Role role) {
    absl::MutexLock lock(&mutex_);
    tokens[token] = role;
  }
  void Revoke(const std::string& token) {
    absl::MutexLock lock(&mutex_);
    tokens.erase(token);
  }
  // The addresses from which the deeds came, in their order.
  std::vector<std::string> Remotes() const {
    absl::MutexLock lock(&mutex_);
    return remotes_;
  }
  // The newest evidence: "TOKEN CERTIFICATE 1 URI,...".
  std::string LastEvidence() const {
    absl::MutexLock lock(&mutex_);
    return evidence_;
  }
  std::vector<std::string> Deeds() const {
    absl::MutexLock lock(&mutex_);
    return deeds;
  }

  mutable absl::Mutex mutex_;
  std::map<std::string, access::Role, std::less<>> tokens;
  std::vector<std::string> deeds;

 private:
  std::vector<std::string> remotes_;
  mutable std::string evidence_;
  absl::Status disk_;
};

class ApiServerTest : public EngineTest {
 protected:
  ~ApiServerTest() override {
    // As in the program: the engine stops first.
    engine_->Stop();
    server_.reset();
  }

  void SetUp() override {
    options_of_api_.metrics = [](const v1::FarmStatus&) {
      return std::string("kso_up 1\n");
    };
    Serve();
  }

  void Serve() {
    auto server =
        StartApiServer(options_of_api_, engine_.get(),
                       {.authenticator = &doors_, .audit = &doors_}, &clock_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  // Begins again, with the options of now.
  void StartAnew() {
    engine_->Stop();
    server_.reset();
    Restart();
    Serve();
  }

  RawHttpAnswer Fetch(const std::string& method, const std::string& target,
                      const std::string& headers = "",
                      const std::string& body = "") {
    return FetchRaw(
        server_->address(),
        absl::StrCat(method, " ", target, " HTTP/1.1\r\n",
                     absl::StrContains(headers, "Host:")
                         ? ""
                         : absl::StrCat("Host: ", server_->address(), "\r\n"),
                     headers, "Content-Length: ", body.size(), "\r\n\r\n",
                     body));
  }
  RawHttpAnswer Get(const std::string& target,
                    const std::string& headers = "") {
    return Fetch("GET", target, headers);
  }
  json GetJson(const std::string& target) {
    const RawHttpAnswer answer = Get(target);
    EXPECT_EQ(answer.status, 200) << target << answer.body;
    return json::parse(answer.body, nullptr, /*allow_exceptions=*/false);
  }
  // A member of each item of a list.
  std::vector<std::string> Each(const std::string& target,
                                const std::string& member) {
    std::vector<std::string> found;
    const json answer = GetJson(target);
    for (const json& item : answer["items"]) {
      found.push_back(item[member].get<std::string>());
    }
    return found;
  }
  RawHttpAnswer Post(const std::string& target, const std::string& body = "",
                     const std::string& headers = "") {
    return Fetch("POST", target,
                 absl::StrCat("X-Kso-Action: 1\r\n",
                              "Content-Type: application/json\r\n", headers),
                 body);
  }
  static std::string Bearer(const std::string& token) {
    return absl::StrCat("Authorization: Bearer ", token, "\r\n");
  }

  ApiServerOptions options_of_api_;
  FakeDoors doors_;
  std::unique_ptr<ApiServer> server_;
  ScriptedWorker one_{"one", "amd64", "s1"};
  ScriptedWorker two_{"two", "arm64", "s2"};
};

TEST(OpenApiTest, TheDocumentAndTheRoutesAreTheSame) {
  std::set<std::string> documented;
  for (const auto& [path, methods] : Document()["paths"].items()) {
    for (const auto& [method, operation] : methods.items()) {
      documented.insert(absl::StrCat(absl::AsciiStrToUpper(method), " ", path,
                                     " ",
                                     operation["x-role"].get<std::string>()));
    }
  }
  std::set<std::string> served;
  for (const Route& route : AllRoutes()) {
    served.insert(Concat(route.method, " ", route.path, " ",
                         route.open_to_everybody
                             ? "public"
                             : access::DescribeRoles(route.roles)));
    // Nothing is served to nobody, and nothing to everybody by mistake.
    EXPECT_NE(route.roles.empty(), !route.open_to_everybody) << route.path;
  }
  EXPECT_EQ(documented, served);
}

TEST(OpenApiTest, AllReferencesLeadSomewhere) {
  const std::string text(kOpenApiDocument);
  size_t at = 0;
  while ((at = text.find("\"#/", at)) != std::string::npos) {
    const size_t end = text.find('"', at + 1);
    const std::string pointer = text.substr(at + 2, end - at - 2);
    EXPECT_TRUE(Document().contains(json::json_pointer(pointer))) << pointer;
    at = end;
  }
}

TEST_F(ApiServerTest, EveryAnswerIsAsTheDocumentSays) {
  const std::vector<std::pair<std::string, std::string>> paths = {
      {"/api/v1/builds", "/api/v1/builds"},
      {"/api/v1/builds?state=running&text=v0", "/api/v1/builds"},
      {"/api/v1/builds?limit=0", "/api/v1/builds"},
      {"/api/v1/builds/b1", "/api/v1/builds/{build}"},
      {"/api/v1/builds/none", "/api/v1/builds/{build}"},
      {"/api/v1/builds/b1/tasks", "/api/v1/builds/{build}/tasks"},
      {"/api/v1/builds/b1/logs", "/api/v1/builds/{build}/logs"},
      {"/api/v1/workers", "/api/v1/workers"},
      {"/api/v1/workers/one", "/api/v1/workers/{worker}"},
      {"/api/v1/workers/none", "/api/v1/workers/{worker}"},
      {"/api/v1/hosts", "/api/v1/hosts"},
      {"/api/v1/releases", "/api/v1/releases"},
      {"/api/v1/farm", "/api/v1/farm"},
      {"/api/v1/farm/history", "/api/v1/farm/history"},
      {"/api/v1/audit", "/api/v1/audit"},
      {"/api/v1/session", "/api/v1/session"},
  };
  const auto compare_all = [&](const std::string& when) {
    clock_.Advance(absl::Seconds(2));
    for (const auto& [target, path] : paths) {
      EXPECT_THAT(Compare(Get(target), "get", path), IsEmpty())
          << target << " " << when;
    }
  };
  compare_all("of an empty farm");
  ASSERT_TRUE(Submit().ok());
  compare_all("before there is a worker");
  Sync(one_);
  Sync(two_);
  compare_all("while it resolves");
  RunToTag({&one_, &two_});
  compare_all("before the tags");
  ASSERT_TRUE(Submit("b2", /*plan_only=*/true).ok());
  ASSERT_TRUE(Cancel("b2").ok());
  compare_all("with another build that was cancelled");
}

TEST_F(ApiServerTest, ABuildIsSubmittedCancelledAndRetried) {
  const std::string body = R"({
    "buildId": "b7",
    "submittedBy": "mallory",
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
  RawHttpAnswer answer = Post("/api/v1/builds", body);
  EXPECT_EQ(answer.status, 201) << answer.body;
  EXPECT_THAT(Compare(answer, "post", "/api/v1/builds"), IsEmpty());
  EXPECT_EQ(answer.Header("location"), "/api/v1/builds/b7");
  // The body's word for it is not taken.
  EXPECT_EQ(json::parse(answer.body)["submittedBy"], "local");
  // It may be repeated.
  EXPECT_EQ(Post("/api/v1/builds", body).status, 201);
  EXPECT_EQ(GetJson("/api/v1/builds")["total"], 1);

  answer = Post("/api/v1/builds/b7/priority", R"({"priority": 40})");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(json::parse(answer.body)["priority"], 40);
  EXPECT_EQ(Post("/api/v1/builds/b7/retry").status, 409);
  answer = Post("/api/v1/builds/b7/cancel");
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_THAT(Compare(answer, "post", "/api/v1/builds/{build}/cancel"),
              IsEmpty());
  EXPECT_EQ(json::parse(answer.body)["state"], "cancelled");
  EXPECT_EQ(Post("/api/v1/builds/b7/cancel").status, 409);
  EXPECT_EQ(Post("/api/v1/builds/b7/retry").status, 200);
  EXPECT_EQ(Post("/api/v1/builds/none/cancel").status, 404);
  EXPECT_THAT(
      doors_.Deeds(),
      ElementsAre("local: POST /api/v1/builds build b7",
                  "local: POST /api/v1/builds build b7",
                  "local: POST /api/v1/builds/b7/priority build b7",
                  "local: POST /api/v1/builds/b7/retry build b7 refused",
                  "local: POST /api/v1/builds/b7/cancel build b7",
                  "local: POST /api/v1/builds/b7/cancel build b7 refused",
                  "local: POST /api/v1/builds/b7/retry build b7",
                  "local: POST /api/v1/builds/none/cancel build none refused"));
}

TEST_F(ApiServerTest, BodiesThatAreNothingAreRefusedWithWords) {
  for (const std::string body :
       {"", "{", "[]", "{\"buildId\": 5}", "{\"unknown\": 1}",
        "{\"buildId\": \"b\", \"buildId\": \"c\"}", "\xff"}) {
    const RawHttpAnswer answer = Post("/api/v1/builds", body);
    EXPECT_EQ(answer.status, 400) << body;
    EXPECT_THAT(Compare(answer, "post", "/api/v1/builds"), IsEmpty()) << body;
  }
  const RawHttpAnswer answer =
      Post("/api/v1/builds", R"({"buildId": "b", "release": {"name": ""}})");
  EXPECT_EQ(answer.status, 400);
}

// A form as curl sends it: buildId, a release.yaml and its list.
std::string ReleaseForm(const std::string& id, const std::string& list) {
  constexpr char kRelease[] = R"(apiVersion: kso/v1
kind: Release
name: v1
platforms: [linux/amd64]
files:
  base: docker.io/library/nginx:1.25
  lists: {amd64: amd64.list}
destination: docker://registry.example.com/team
)";
  std::string body;
  for (const auto& [head, content] :
       std::vector<std::pair<std::string, std::string>>{
           {"name=\"buildId\"", id},
           {"name=\"release\"; filename=\"release.yaml\"", kRelease},
           {"name=\"file\"; filename=\"amd64.list\"", list}}) {
    absl::StrAppend(&body, "--bb\r\nContent-Disposition: form-data; ", head,
                    "\r\n\r\n", content, "\r\n");
  }
  return body + "--bb--\r\n";
}

TEST_F(ApiServerTest, ABuildIsSubmittedAsFiles) {
  const std::string headers =
      "X-Kso-Action: 1\r\nContent-Type: multipart/form-data; boundary=bb\r\n";
  RawHttpAnswer answer = Fetch("POST", "/api/v1/builds", headers,
                               ReleaseForm("b7", "https://dl.example.com/x\n"));
  EXPECT_EQ(answer.status, 201) << answer.body;
  EXPECT_THAT(Compare(answer, "post", "/api/v1/builds"), IsEmpty());
  EXPECT_EQ(answer.Header("location"), "/api/v1/builds/b7");
  EXPECT_EQ(json::parse(answer.body)["submittedBy"], "local");

  answer =
      Fetch("POST", "/api/v1/builds", headers,
            ReleaseForm("b8", "ftp://example.com/a\n\nftp://example.com/b\n"));
  EXPECT_EQ(answer.status, 400);
  EXPECT_THAT(Compare(answer, "post", "/api/v1/builds"), IsEmpty());
  const json problems = json::parse(answer.body)["problems"];
  ASSERT_THAT(problems, SizeIs(2));
  EXPECT_THAT(problems[0].get<std::string>(), StartsWith("amd64.list:1: "));
  EXPECT_THAT(problems[1].get<std::string>(), StartsWith("amd64.list:3: "));
  EXPECT_EQ(GetJson("/api/v1/builds")["total"], 1);
  // The build's id is checked as that of JSON is.
  EXPECT_EQ(Fetch("POST", "/api/v1/builds", headers,
                  ReleaseForm("", "https://dl.example.com/x\n"))
                .status,
            400);
}

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

TEST_F(ApiServerTest, ChangesAreTold) {
  RawHttpClient client(server_->address());
  client.Send(absl::StrCat(
      "GET /api/v1/events HTTP/1.1\r\nHost: ", server_->address(), "\r\n\r\n"));
  const RawHttpAnswer head = client.Read().value_or(RawHttpAnswer());
  EXPECT_EQ(head.Header("content-type"), "text/event-stream");
  EXPECT_EQ(head.Header("x-accel-buffering"), "no");
  EXPECT_THAT(client.ReadUntil("\n\n"),
              AllOf(StartsWith("event: hello\n"), HasSubstr("\"version\"")));
  // The farm is being watched once it has been looked at.
  Settle();
  ASSERT_TRUE(Submit().ok());
  Advance(absl::Seconds(1));
  const std::string event = client.ReadUntil("\n\n");
  EXPECT_THAT(event, StartsWith("event: change\n"));
  const size_t data = event.find("data: ");
  std::vector<std::string> problems;
  CompareWithSchema(json::parse(event.substr(data + 6)),
                    {{"$ref", "#/components/schemas/Change"}}, "the change",
                    problems);
  EXPECT_THAT(problems, IsEmpty());
  EXPECT_THAT(event, HasSubstr("\"b1\""));
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

TEST_F(ApiServerTest, AStreamEndsWithItsToken) {
  options_of_api_.limits.heartbeat = absl::Milliseconds(50);
  StartAnew();
  doors_.tokens = {{"one", access::Role::kView}, {"two", access::Role::kView}};
  RawHttpClient client(server_->address());
  client.Send(absl::StrCat("GET /api/v1/events HTTP/1.1\r\nHost: ",
                           server_->address(), "\r\n", Bearer("one"), "\r\n"));
  client.Read();
  client.ReadUntil(":\n\n");
  doors_.Revoke("one");
  EXPECT_TRUE(client.AwaitClose());
}

TEST_F(ApiServerTest, OtherNamesAreNotAnsweredTo) {
  for (const std::string path : {"/", "/api/v1/builds", "/healthz", "/login"}) {
    const RawHttpAnswer answer = Get(path, "Host: evil.example\r\n");
    EXPECT_EQ(answer.status, 421) << path;
    EXPECT_THAT(answer.body, HasSubstr("--http-host evil.example"));
    EXPECT_EQ(Get(path, "Host: localhost:1\r\n").status, 200) << path;
  }
  EXPECT_EQ(FetchRaw(server_->address(), "GET / HTTP/1.1\r\n\r\n").status, 400);
  EXPECT_EQ(Get("/", "Host: localhost\r\nHost: localhost\r\n").status, 400);
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

TEST_F(ApiServerTest, EveryAnswerIsClosedToOtherPages) {
  for (const std::string path :
       {"/", "/page.js", "/login", "/api/v1/builds", "/none", "/healthz"}) {
    const RawHttpAnswer answer = Get(path);
    EXPECT_EQ(answer.Header("cache-control"), "no-store") << path;
    EXPECT_EQ(answer.Header("x-content-type-options"), "nosniff") << path;
    // Nothing but the coordinator's own files, and no script or style in them.
    EXPECT_THAT(answer.Header("content-security-policy"),
                AllOf(StartsWith("default-src 'none'; script-src 'self'; "),
                      HasSubstr("frame-ancestors 'none'"),
                      Not(HasSubstr("unsafe")), Not(HasSubstr("http"))))
        << path;
    EXPECT_EQ(answer.Header("access-control-allow-origin"), "") << path;
  }
}

TEST_F(ApiServerTest, OtherSitesCannotAct) {
  ASSERT_TRUE(Submit().ok());
  const std::string path = "/api/v1/builds/b1/cancel";
  EXPECT_EQ(Fetch("POST", path).status, 403);
  EXPECT_EQ(Post(path, "", "Origin: http://evil.example\r\n").status, 403);
  EXPECT_EQ(Post(path, "", "Sec-Fetch-Site: cross-site\r\n").status, 403);
  EXPECT_EQ(Get("/api/v1/builds/b1").status, 200);
  EXPECT_EQ(GetJson("/api/v1/builds/b1")["state"], "running");
  EXPECT_THAT(doors_.Deeds(),
              ElementsAre("local: POST /api/v1/builds/b1/cancel  refused",
                          "local: POST /api/v1/builds/b1/cancel  refused",
                          "local: POST /api/v1/builds/b1/cancel  refused"));
  EXPECT_THAT(doors_.Remotes(), ::testing::Each(StartsWith("127.0.0.1:")));
}

TEST_F(ApiServerTest, TheTableOfPathsAndRolesHolds) {
  ASSERT_TRUE(Submit().ok());
  Sync(one_);
  doors_.tokens = {{"v", access::Role::kView},
                   {"s", access::Role::kSubmit},
                   {"w", access::Role::kWork},
                   {"a", access::Role::kAdmin}};
  for (const Route& route : AllRoutes()) {
    if (route.operation == Operation::kStreamEvents) continue;
    std::string path(route.path);
    for (const auto& [from, to] :
         {std::pair<std::string, std::string>{"{build}", "b1"},
          {"{worker}", "one"}}) {
      if (const size_t at = path.find(from); at != std::string::npos) {
        path.replace(at, from.size(), to);
      }
    }
    const std::string method(route.method);
    const auto ask = [&](const std::string& headers) {
      return Fetch(method, path, headers + "X-Kso-Action: 1\r\n").status;
    };
    if (route.open_to_everybody) {
      EXPECT_NE(ask(""), 401) << path;
      EXPECT_NE(ask(Bearer("w")), 403) << path;
      continue;
    }
    EXPECT_EQ(ask(""), 401) << path;
    EXPECT_EQ(ask(Bearer("unknown")), 401) << path;
    EXPECT_EQ(ask("Authorization: Basic eDp5\r\n"), 401) << path;
    // Neither of two tokens counts, so that no reader takes the other one.
    EXPECT_EQ(ask(Bearer("a") + Bearer("a")), 401) << path;
    for (const auto& [token, role] : doors_.tokens) {
      const bool allowed =
          access::RoleSet({role}).WithImplied().Allows(route.roles);
      const int status = ask(Bearer(token));
      EXPECT_EQ(status == 403, !allowed) << path << " " << token << status;
      EXPECT_NE(status, 401) << path;
    }
  }
}

TEST_F(ApiServerTest, APageIsSeenAfterALogin) {
  doors_.tokens = {{"secret", access::Role::kView}};
  const RawHttpAnswer page = Get("/");
  EXPECT_EQ(page.status, 303);
  EXPECT_EQ(page.Header("location"), "/login");
  EXPECT_EQ(Get("/login").status, 200);
  for (const char* file : {"/page.css", "/login.js"}) {
    EXPECT_EQ(Get(file).status, 200) << file;
  }
  for (const char* file : {"/page.js", "/live_worker.js", "/licenses.txt"}) {
    EXPECT_EQ(Get(file).status, 303) << file;
  }
  const json nobody = GetJson("/api/v1/session");
  EXPECT_EQ(nobody["roles"], json::array());
  EXPECT_EQ(nobody["authentication"], "required");
  EXPECT_EQ(nobody["plaintextToOthers"], false);
  EXPECT_FALSE(nobody.contains("principal"));
  EXPECT_FALSE(nobody.contains("expires"));

  EXPECT_EQ(Post("/login", "{").status, 400);
  EXPECT_EQ(Post("/login", R"({"token": "wrong"})").status, 401);
  EXPECT_EQ(Post("/login", "{}").status, 400);
  EXPECT_EQ(Fetch("POST", "/login", "", R"({"token": "secret"})").status, 403);
  const RawHttpAnswer login = Post("/login", R"({"token": "secret"})");
  ASSERT_EQ(login.status, 200) << login.body;
  EXPECT_THAT(Compare(login, "post", "/login"), IsEmpty());
  const std::string set = login.Header("set-cookie");
  EXPECT_THAT(set, StartsWith("kso-session="));
  EXPECT_THAT(set, HasSubstr("HttpOnly"));
  EXPECT_THAT(set, HasSubstr("SameSite=Strict"));
  // Twelve hours.
  EXPECT_THAT(set, ::testing::EndsWith("; Max-Age=43200"));
  EXPECT_THAT(set, Not(HasSubstr("secret")));
  const std::string cookie =
      absl::StrCat("Cookie: a=b; ", set.substr(0, set.find(';')), "\r\n");
  EXPECT_EQ(Get("/", cookie).status, 200);
  EXPECT_EQ(Get("/api/v1/builds", cookie).status, 200);
  const json session = json::parse(Get("/api/v1/session", cookie).body);
  EXPECT_EQ(session["roles"], json::array({"view"}));
  EXPECT_EQ(session["principal"], "secret");
  EXPECT_TRUE(session.contains("expires"));
  EXPECT_EQ(json::parse(login.body), session);
  // An id counts as it was given, and once.
  const std::string id = set.substr(0, set.find(';'));
  EXPECT_EQ(
      Get("/api/v1/builds", absl::StrCat("Cookie: ", id, "=x\r\n")).status,
      401);
  EXPECT_EQ(
      Get("/api/v1/builds", absl::StrCat("Cookie: ", id, "; ", id, "\r\n"))
          .status,
      401);
  // A cookie does not act for other pages, nor beyond its role.
  EXPECT_EQ(Fetch("POST", "/api/v1/builds/b1/cancel", cookie).status, 403);
  EXPECT_EQ(Post("/api/v1/builds/b1/cancel", "", cookie).status, 403);

  const RawHttpAnswer logout = Post("/logout", "", cookie);
  EXPECT_EQ(logout.status, 204);
  EXPECT_EQ(logout.Header("set-cookie"),
            "kso-session=; Path=/; HttpOnly; SameSite=Strict; Max-Age=0");
  EXPECT_EQ(Get("/api/v1/builds", cookie).status, 401);
  EXPECT_EQ(Post("/logout").status, 204);
  EXPECT_THAT(
      doors_.Deeds(),
      ElementsAre("nobody: POST /login  refused",
                  "nobody: POST /login  refused", "secret: POST /login ",
                  "nobody: GET /api/v1/builds  refused",
                  "nobody: GET /api/v1/builds  refused",
                  "secret: POST /api/v1/builds/b1/cancel  refused",
                  "secret: POST /api/v1/builds/b1/cancel  refused",
                  "nobody: GET /api/v1/builds  refused"));
  EXPECT_THAT(doors_.Remotes(), ::testing::Each(StartsWith("127.0.0.1:")));
}

TEST_F(ApiServerTest, APageIsNotForEachIdentity) {
  doors_.tokens = {{"w", access::Role::kWork}};
  const RawHttpAnswer answer = Get("/", Bearer("w"));
  EXPECT_EQ(answer.status, 403);
  EXPECT_EQ(answer.Header("location"), "");
  EXPECT_EQ(Get("/api/v1/builds", Bearer("unknown")).status, 401);
  EXPECT_THAT(
      doors_.Deeds(),
      ElementsAre("w: GET /  refused", "nobody: GET /api/v1/builds  refused"));
  EXPECT_THAT(doors_.Remotes(), ::testing::Each(StartsWith("127.0.0.1:")));
}

TEST_F(ApiServerTest, ASessionEndsWithItsToken) {
  doors_.tokens = {{"one", access::Role::kView}, {"two", access::Role::kView}};
  const std::string set =
      Post("/login", R"({"token": "one"})").Header("set-cookie");
  const std::string cookie =
      absl::StrCat("Cookie: ", set.substr(0, set.find(';')), "\r\n");
  EXPECT_EQ(Get("/api/v1/builds", cookie).status, 200);
  EXPECT_THAT(Get("/api/v1/session", cookie).body, HasSubstr("expires"));
  doors_.Revoke("one");
  EXPECT_THAT(Get("/api/v1/session", cookie).body, Not(HasSubstr("expires")));
  // A client may have shown a certificate, too.
  EXPECT_THAT(doors_.LastEvidence(), StartsWith(" "));
  EXPECT_EQ(Get("/api/v1/builds", cookie).status, 401);
  // A token of that name that is made later is another one.
  doors_.Grant("one", access::Role::kView);
  EXPECT_EQ(Get("/api/v1/builds", cookie).status, 401);
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

// The door by itself, for connections that no client of these tests can make.
class FrontDoorTest : public EngineTest {
 protected:
  ~FrontDoorTest() override { engine_->Stop(); }

  static HttpRequest Request(const std::string& method,
                             const std::string& path) {
    HttpRequest request;
    request.method = method;
    request.path = path;
    request.target = path;
    request.segments = absl::StrSplit(path.substr(1), '/');
    request.headers = {{"Host", "localhost"}, {"X-Kso-Action", "1"}};
    request.peer.address = "192.0.2.7:5";
    return request;
  }
  // The answer, if it comes at once; of status 0 where the engine is asked.
  HttpResponse Ask(const HttpRequest& request) {
    HttpAdmission admission = door_.Admit(request);
    if (admission.refusal.has_value()) return *std::move(admission.refusal);
    HttpResponse answer;
    answer.status = 0;
    if (request.path.starts_with("/api/")) return answer;
    admission.run(request,
                  [&](HttpResponse response) { answer = std::move(response); });
    return answer;
  }
  static std::string HeaderOf(const HttpResponse& response,
                              const std::string& name) {
    for (const HttpHeader& header : response.headers) {
      if (header.name == name) return header.value;
    }
    return "";
  }

  FakeDoors doors_;
  SessionStore sessions_{&clock_};
  FarmApi api_{engine_.get(),
               &clock_,
               {.authenticator = &doors_, .audit = &doors_},
               {},
               /*streams_of_one=*/1};
  FrontDoor door_{&api_,
                  &sessions_,
                  {.authenticator = &doors_, .audit = &doors_},
                  HostNames({})};
};

TEST_F(FrontDoorTest, AnOpenFarmServesItsOwnMachineOnly) {
  for (const std::string path : {"/api/v1/builds", "/page.css", "/healthz"}) {
    HttpRequest request = Request("GET", path);
    EXPECT_EQ(Ask(request).status, 403) << path;
    request.peer.loopback = true;
    EXPECT_NE(Ask(request).status, 403) << path;
  }
  doors_.tokens = {{"v", access::Role::kView}};
  EXPECT_EQ(Ask(Request("GET", "/healthz")).status, 200);
  EXPECT_EQ(Ask(Request("GET", "/api/v1/builds")).status, 401);
}

TEST_F(FrontDoorTest, AConnectionShowsItsCertificate) {
  HttpRequest request = Request("GET", "/api/v1/builds");
  request.peer.has_certificate = true;
  request.peer.certificate = "PEM";
  request.peer.certificate_uris = {"spiffe://farm/a", "spiffe://farm/b"};
  Ask(request);
  EXPECT_EQ(doors_.LastEvidence(), " PEM 1 spiffe://farm/a,spiffe://farm/b");
  EXPECT_EQ(doors_.Remotes(), std::vector<std::string>{"192.0.2.7:5"});
  request.headers.push_back({"Authorization", "Bearer t"});
  Ask(request);
  EXPECT_EQ(doors_.LastEvidence(), "t PEM 1 spiffe://farm/a,spiffe://farm/b");
}

TEST_F(FrontDoorTest, AnAuthorizationIsABearerToken) {
  doors_.tokens = {{"v", access::Role::kView}};
  for (const auto& [authorization, status] :
       std::vector<std::pair<std::string, int>>{{"Bearer v", 0},
                                                {"bearer v", 0},
                                                {"Bearer  v", 401},
                                                {"Bearer ", 401},
                                                {"Bearer", 401},
                                                {"Bearer w", 401},
                                                {"Basic v", 401},
                                                {"v", 401}}) {
    HttpRequest request = Request("GET", "/api/v1/builds");
    request.headers.push_back({"Authorization", authorization});
    EXPECT_EQ(Ask(request).status, status) << authorization;
  }
  HttpRequest request = Request("GET", "/api/v1/builds");
  request.headers.push_back({"Authorization", "Bearer "});
  EXPECT_THAT(*Ask(request).body, HasSubstr("is not \\\"Bearer TOKEN"));
}

TEST_F(FrontDoorTest, OverTlsACookieIsForThisHostAlone) {
  doors_.tokens = {{"v", access::Role::kView}};
  HttpRequest login = Request("POST", "/login");
  login.peer.tls = true;
  login.body = R"({"token": "v"})";
  const std::string set = HeaderOf(Ask(login), "Set-Cookie");
  EXPECT_THAT(set, AllOf(StartsWith("__Host-kso-session="),
                         ::testing::EndsWith("; Max-Age=43200; Secure")));
  const std::string cookie = set.substr(0, set.find(';'));
  HttpRequest request = Request("GET", "/api/v1/builds");
  request.headers.push_back({"Cookie", cookie});
  EXPECT_EQ(Ask(request).status, 401);
  request.peer.tls = true;
  EXPECT_EQ(Ask(request).status, 0);
  request.headers.back().value = cookie.substr(7);
  EXPECT_EQ(Ask(request).status, 401);
}

TEST_F(FrontDoorTest, ASessionTellsThatOthersAreServedInPlainText) {
  FrontDoor door(
      &api_, &sessions_,
      {.authenticator = &doors_, .audit = &doors_, .plaintext_to_others = true},
      HostNames({}));
  HttpRequest request = Request("GET", "/api/v1/session");
  request.peer.loopback = true;
  HttpAdmission admission = door.Admit(request);
  ASSERT_FALSE(admission.refusal.has_value());
  HttpResponse answer;
  admission.run(request,
                [&](HttpResponse response) { answer = std::move(response); });
  const json session = json::parse(*answer.body);
  EXPECT_EQ(session["plaintextToOthers"], true);
  EXPECT_EQ(session["authentication"], "none");
  EXPECT_EQ(session["principal"], "local");
  EXPECT_THAT(session["roles"].get<std::vector<std::string>>(),
              ElementsAre("view", "submit", "work", "admin"));
}

TEST(CookieTest, ACookieIsFoundByItsNameAndOnce) {
  const auto find = [](const std::vector<HttpHeader>& headers) {
    HttpRequest request;
    request.headers = headers;
    return CookieIn(request, "a");
  };
  EXPECT_EQ(find({{"Cookie", "a=1"}}), "1");
  EXPECT_EQ(find({{"cookie", "b=2;  a=1 ;c=3"}}), "1");
  EXPECT_EQ(find({{"Cookie", "b=2"}, {"Cookie", "a=1=x"}}), "1=x");
  EXPECT_EQ(find({{"Cookie", "a=1; a=2"}}), "");
  EXPECT_EQ(find({{"Cookie", "a=1"}, {"Cookie", "a=1"}}), "");
  EXPECT_EQ(find({{"Cookies", "a=1"}}), "");
  EXPECT_EQ(find({{"Cookie", "A=1; aa=2; =3; a"}}), "");
  EXPECT_EQ(find({}), "");
}

}  // namespace
}  // namespace kso::coordinator

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/openapi.h"

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/strings.h"
#include "coordinator/api/routes.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/api_fixture.h"
#include "tests/fakes/raw_http_client.h"

namespace kso::coordinator {
namespace {

using kso::testing::RawHttpAnswer;
using kso::testing::RawHttpClient;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
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

}  // namespace
}  // namespace kso::coordinator

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/api/front_door.h"

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/time.h"
#include "coordinator/api/farm_api.h"
#include "coordinator/api/host_names.h"
#include "coordinator/api/routes.h"
#include "coordinator/api/session_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/api_fixture.h"
#include "tests/fakes/engine_fixture.h"
#include "tests/fakes/raw_http_client.h"

namespace kso::coordinator {
namespace {

using kso::testing::FetchRaw;
using kso::testing::RawHttpAnswer;
using kso::testing::RawHttpClient;
using nlohmann::json;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

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

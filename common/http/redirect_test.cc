// SPDX-License-Identifier: Apache-2.0
// Redirects, where credentials and private networks are at stake.

#include "common/http/redirect.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "common/http/address.h"
#include "common/http/address_rule.h"
#include "common/http/curl_transport.h"
#include "common/http/transport.h"
#include "tests/fakes/http_server.h"

namespace kso::http {
namespace {

using ::kso::testing::HttpServer;

constexpr char kPrivate[] = "127.0.0.2";

// 127.0.0.1 plays the public internet.
std::unique_ptr<Transport> Make(const TransportOptions& options = {}) {
  return *CreateCurlTransport(options, {.is_private = [](absl::string_view ip) {
                                return ip == kPrivate;
                              }});
}

Request GetWithCredentials(const std::string& url) {
  Request request;
  request.url = url;
  request.headers = {{"Accept", "x"}};
  request.credentials = {{"Authorization", "Bearer secret"}};
  return request;
}

void Echo(const httplib::Request& request, httplib::Response& response) {
  response.set_content(request.get_header_value("Authorization") + "|" +
                           request.get_header_value("Accept"),
                       "text/plain");
}

void RedirectTo(HttpServer& server, const std::string& path,
                const std::string& target, int status = 302) {
  server.routes().Get(path, [target, status](const auto&, auto& response) {
    response.set_redirect(target, status);
  });
}

TEST(RedirectTest, CredentialsStayWithTheirOrigin) {
  HttpServer registry;
  HttpServer storage;
  RedirectTo(registry, "/near", "/here", 308);
  RedirectTo(registry, "/far", storage.Url("/there"), 307);
  registry.routes().Get("/here", Echo);
  storage.routes().Get("/there", Echo);
  registry.Start();
  storage.Start();
  const auto transport = Make();
  const auto near =
      transport->Perform(GetWithCredentials(registry.Url("/near")));
  ASSERT_TRUE(near.ok()) << near.status();
  EXPECT_EQ(near->body, "Bearer secret|x");
  const auto far = transport->Perform(GetWithCredentials(registry.Url("/far")));
  ASSERT_TRUE(far.ok()) << far.status();
  EXPECT_EQ(far->body, "|x");
  EXPECT_EQ(far->effective_url, storage.Url("/there"));
}

TEST(RedirectTest, HeadersThatAreCredentialsStayToo) {
  const auto echo = [](const auto& request, auto& response) {
    response.set_content(request.get_header_value("Authorization") + "|" +
                             request.get_header_value("Cookie") + "|" +
                             request.get_header_value("Accept"),
                         "text/plain");
  };
  HttpServer registry;
  HttpServer storage;
  RedirectTo(registry, "/near", "/here");
  RedirectTo(registry, "/far", storage.Url("/there"));
  registry.routes().Get("/here", echo);
  storage.routes().Get("/there", echo);
  registry.Start();
  storage.Start();
  const auto transport = Make();
  Request request;
  request.headers = {
      {"authorization", "Bearer secret"}, {"cookie", "c=1"}, {"Accept", "x"}};
  request.url = registry.Url("/near");
  const auto near = transport->Perform(request);
  ASSERT_TRUE(near.ok()) << near.status();
  EXPECT_EQ(near->body, "Bearer secret|c=1|x");
  request.url = registry.Url("/far");
  const auto far = transport->Perform(request);
  ASSERT_TRUE(far.ok()) << far.status();
  EXPECT_EQ(far->body, "||x");
}

TEST(RedirectTest, FromPublicToPrivateIsRefused) {
  HttpServer open;
  HttpServer hidden(kPrivate);
  RedirectTo(open, "/a", hidden.Url("/secret"));
  RedirectTo(hidden, "/b", hidden.Url("/secret"));
  bool asked = false;
  hidden.routes().Get("/secret", [&](const auto&, auto& response) {
    asked = true;
    response.set_content("secret", "text/plain");
  });
  open.Start();
  hidden.Start();
  const auto transport = Make();
  EXPECT_EQ(
      transport->Perform(GetWithCredentials(open.Url("/a"))).status().code(),
      absl::StatusCode::kPermissionDenied);
  EXPECT_FALSE(asked);
  // A redirect within the private network is nobody else's business.
  const auto within = transport->Perform(GetWithCredentials(hidden.Url("/b")));
  ASSERT_TRUE(within.ok()) << within.status();
  EXPECT_EQ(within->body, "secret");
  // An idle connection there does not let a redirect through either.
  asked = false;
  EXPECT_EQ(
      transport->Perform(GetWithCredentials(open.Url("/a"))).status().code(),
      absl::StatusCode::kPermissionDenied);
  EXPECT_FALSE(asked);
}

TEST(RedirectTest, NoHopOfSeveralLeadsFromPublicToPrivate) {
  HttpServer open;
  HttpServer hidden(kPrivate);
  RedirectTo(open, "/first", open.Url("/second"));
  RedirectTo(open, "/second", hidden.Url("/secret"));
  RedirectTo(hidden, "/out", open.Url("/second"));
  bool asked = false;
  hidden.routes().Get("/secret", [&](const auto&, auto& response) {
    asked = true;
    response.set_content("secret", "text/plain");
  });
  open.Start();
  hidden.Start();
  const auto transport = Make();
  for (const std::string& url : {open.Url("/first"), hidden.Url("/out")}) {
    EXPECT_EQ(transport->Perform(GetWithCredentials(url)).status().code(),
              absl::StatusCode::kPermissionDenied)
        << url;
  }
  EXPECT_FALSE(asked);
}

TEST(RedirectTest, TheOperatorMayLetAHostRedirectToPrivateStorage) {
  HttpServer open;
  HttpServer other;
  HttpServer hidden(kPrivate);
  RedirectTo(open, "/a", hidden.Url("/blob"));
  RedirectTo(other, "/a", hidden.Url("/blob"));
  hidden.routes().Get("/blob", Echo);
  for (HttpServer* server : {&open, &other, &hidden}) server->Start();
  const auto transport = Make({.private_redirects = {open.host()}});
  const auto blob = transport->Perform(GetWithCredentials(open.Url("/a")));
  ASSERT_TRUE(blob.ok()) << blob.status();
  EXPECT_EQ(blob->body, "|x") << "credentials stay behind all the same";
  const absl::Status refused =
      transport->Perform(GetWithCredentials(other.Url("/a"))).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_NE(std::string(refused.message())
                .find("--allow-private-redirect " + other.host()),
            std::string::npos)
      << refused;
}

TEST(RedirectTest, NoProxyLeadsFromPublicToAPrivateAddress) {
  // It answers for every host, and would itself be private.
  HttpServer proxy;
  std::vector<std::string> asked;
  proxy.routes().Get(".*", [&](const auto& request, auto& response) {
    asked.push_back(request.path);
    if (request.path.find("/blob") != std::string::npos) {
      response.set_content("secret", "text/plain");
    } else {
      const std::string host =
          request.path.find("/name") != std::string::npos
              ? "storage.example.com"
          : request.path.find("/known") != std::string::npos
              ? "inside.example.com"
              : "192.0.2.7";
      response.set_redirect("http://" + host + "/blob");
    }
  });
  proxy.Start();
  setenv("http_proxy", ("http://" + proxy.host()).c_str(), 1);
  const auto transport = *CreateCurlTransport({},
                                              {.is_private =
                                                   [](absl::string_view ip) {
                                                     return ip == "127.0.0.1" ||
                                                            ip == "192.0.2.7";
                                                   },
                                               .resolve =
                                                   [](const std::string& name) {
                                                     return name == "inside.example.com"
                            ? std::vector<std::string>{"192.0.2.7"}
                            : std::vector<std::string>();
                                                   }});
  const absl::Status refused =
      transport->Perform(GetWithCredentials("http://quay.example.com/a"))
          .status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied) << refused;
  EXPECT_EQ(asked.size(), 1u);
  EXPECT_EQ(
      transport->Perform(GetWithCredentials("http://quay.example.com/known"))
          .status()
          .code(),
      absl::StatusCode::kPermissionDenied)
      << "this machine knows where that name leads";
  EXPECT_EQ(asked.size(), 2u);
  // The proxy alone knows what another name stands for.
  const auto named =
      transport->Perform(GetWithCredentials("http://quay.example.com/name"));
  EXPECT_TRUE(named.ok()) << named.status();
  // Among private addresses it is nobody else's business.
  const auto within =
      transport->Perform(GetWithCredentials("http://192.0.2.7/a"));
  EXPECT_TRUE(within.ok()) << within.status();
  unsetenv("http_proxy");
}

AddressRule Allowing(const std::string& block) {
  return AddressRule::Only({*AddressBlock::Parse(block)});
}

TEST(RedirectTest, APrivateAddressThatNobodyAllowedIsNotConnectedTo) {
  HttpServer hidden(kPrivate);
  bool asked = false;
  hidden.routes().Get("/secret", [&](const auto&, auto& response) {
    asked = true;
    response.set_content("secret", "text/plain");
  });
  hidden.Start();
  const std::string url = hidden.Url("/secret");
  const absl::Status refused = Make({.addresses = AddressRule::Only({})})
                                   ->Perform(GetWithCredentials(url))
                                   .status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied) << refused;
  EXPECT_NE(std::string(refused.message()).find("--allow-private 127.0.0.2/32"),
            std::string::npos)
      << refused;
  EXPECT_FALSE(asked);
  EXPECT_TRUE(Make({.addresses = Allowing("127.0.0.0/8")})
                  ->Perform(GetWithCredentials(url))
                  .ok());
  EXPECT_TRUE(asked);
}

TEST(RedirectTest, TheRuleHoldsForWhatANameStandsFor) {
  HttpServer server;
  server.routes().Get("/a", Echo);
  server.Start();
  const std::string url = "http://localhost" +
                          server.host().substr(server.host().rfind(':')) + "/a";
  const auto all_private = [](absl::string_view) { return true; };
  const auto transport = *CreateCurlTransport(
      {.addresses = AddressRule::Only({})}, {.is_private = all_private});
  const absl::Status refused =
      transport->Perform(GetWithCredentials(url)).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kPermissionDenied) << refused;
  // Of a name with several addresses, those that are allowed are used.
  const auto one = *CreateCurlTransport({.addresses = Allowing("127.0.0.1")},
                                        {.is_private = all_private});
  EXPECT_TRUE(one->Perform(GetWithCredentials(url)).ok());
}

TEST(RedirectTest, BetweenPrivateAddressesTheRuleHoldsToo) {
  HttpServer mine("127.0.0.3");
  HttpServer hidden(kPrivate);
  RedirectTo(mine, "/a", hidden.Url("/secret"));
  hidden.routes().Get("/secret", Echo);
  mine.Start();
  hidden.Start();
  const auto transport = *CreateCurlTransport(
      {.addresses = Allowing("127.0.0.3")},
      {.is_private = [](absl::string_view) { return true; }});
  EXPECT_EQ(
      transport->Perform(GetWithCredentials(mine.Url("/a"))).status().code(),
      absl::StatusCode::kPermissionDenied);
}

TEST(RedirectTest, WhoMayLeadInsideMayNotLeadToAMetadataService) {
  HttpServer open;
  RedirectTo(open, "/a", "http://169.254.169.254/latest/meta-data/");
  open.Start();
  const auto transport = *CreateCurlTransport(
      {.private_redirects = {open.host()}, .addresses = AddressRule::Only({})},
      {.is_private = [](absl::string_view ip) { return ip != "127.0.0.1"; }});
  EXPECT_EQ(
      transport->Perform(GetWithCredentials(open.Url("/a"))).status().code(),
      absl::StatusCode::kPermissionDenied);
}

TEST(RedirectTest, WhereAnAnswerLeadsOtherwiseTheRuleOfRedirectsHolds) {
  HttpServer open;
  HttpServer hidden(kPrivate);
  open.routes().Get("/a", Echo);
  hidden.routes().Get("/upload", Echo);
  open.Start();
  hidden.Start();
  const auto transport = Make();
  const auto answer = transport->Perform(GetWithCredentials(open.Url("/a")));
  ASSERT_TRUE(answer.ok()) << answer.status();
  Request upload = GetWithCredentials(hidden.Url("/upload"));
  EXPECT_TRUE(transport->Perform(upload).ok());
  upload.named_by = answer->answered_by;
  EXPECT_EQ(transport->Perform(upload).status().code(),
            absl::StatusCode::kPermissionDenied);
  const auto lenient = Make({.private_redirects = {open.host()}});
  upload.named_by =
      lenient->Perform(GetWithCredentials(open.Url("/a")))->answered_by;
  EXPECT_TRUE(lenient->Perform(upload).ok());
}

TEST(RedirectTest, NoProxyFetchesWhatIsNotAllowed) {
  HttpServer proxy;
  int asked = 0;
  proxy.routes().Get(".*", [&](const auto&, auto& response) {
    ++asked;
    response.set_content("x", "text/plain");
  });
  proxy.Start();
  setenv("http_proxy", ("http://" + proxy.host()).c_str(), 1);
  const auto transport = *CreateCurlTransport(
      {.addresses = Allowing("10.0.0.0/8")},
      {.is_private = [](absl::string_view ip) { return ip != "192.0.2.9"; },
       .resolve =
           [](const std::string& name) {
             return name == "metadata.example.com"
                        ? std::vector<std::string>{"169.254.169.254"}
                        : std::vector<std::string>();
           }});
  for (const char* url :
       {"http://169.254.169.254/a", "http://metadata.example.com/a",
        "http://192.168.0.1/a", "http://[fd00:ec2::254]/a"}) {
    EXPECT_EQ(transport->Perform(GetWithCredentials(url)).status().code(),
              absl::StatusCode::kPermissionDenied)
        << url;
  }
  EXPECT_EQ(asked, 0);
  for (const char* url : {"http://10.1.2.3/a", "http://192.0.2.9/a",
                          "http://unknown.example.com/a"}) {
    EXPECT_TRUE(transport->Perform(GetWithCredentials(url)).ok()) << url;
  }
  unsetenv("http_proxy");
}

TEST(RedirectTest, CredentialsDoNotComeBackFromAnotherOrigin) {
  HttpServer registry;
  HttpServer storage;
  RedirectTo(registry, "/a", storage.Url("/b"));
  RedirectTo(storage, "/b", storage.Url("/c"));
  storage.routes().Get("/c", Echo);
  registry.Start();
  storage.Start();
  const auto answer = Make()->Perform(GetWithCredentials(registry.Url("/a")));
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->body, "|x");
}

TEST(RedirectTest, NeverFromHttpsToHttp) {
  const auto from = Url::Parse("https://a.example.com/x");
  ASSERT_TRUE(from.ok());
  EXPECT_EQ(RedirectTarget(*from, "http://a.example.com/y").status().code(),
            absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(RedirectTarget(*from, "//b.example.com/y")->text(),
            "https://b.example.com/y");
  EXPECT_TRUE(RedirectTarget(*Url::Parse("http://a.example.com/x"),
                             "https://a.example.com/x")
                  .ok());
}

TEST(RedirectTest, OnlySomeMethodsBecomeGet) {
  EXPECT_TRUE(BecomesGet(303, "PUT"));
  EXPECT_TRUE(BecomesGet(302, "POST"));
  EXPECT_FALSE(BecomesGet(307, "POST"));
  EXPECT_FALSE(BecomesGet(302, "PUT"));
  EXPECT_FALSE(BecomesGet(303, "HEAD"));
}

TEST(RedirectTest, EachKindOfRedirectIsFollowedAndNothingElse) {
  for (const int status : {301, 302, 303, 307, 308}) {
    EXPECT_TRUE(IsRedirect(status)) << status;
  }
  for (const int status : {200, 201, 300, 304, 305, 306, 309, 404}) {
    EXPECT_FALSE(IsRedirect(status)) << status;
  }
  for (const int status : {301, 302, 303}) {
    EXPECT_TRUE(BecomesGet(status, "POST")) << status;
    EXPECT_EQ(BecomesGet(status, "PATCH"), status == 303) << status;
  }
  for (const int status : {200, 304, 307, 308}) {
    EXPECT_FALSE(BecomesGet(status, "POST")) << status;
  }
}

TEST(RedirectTest, AsManyRedirectsAsAreAllowedAreFollowed) {
  HttpServer server;
  RedirectTo(server, "/3", "/2");
  RedirectTo(server, "/2", "/1");
  RedirectTo(server, "/1", "/target");
  server.routes().Get("/target", Echo);
  server.Start();
  const auto transport = Make();
  Request request = GetWithCredentials(server.Url("/3"));
  request.max_redirects = 3;
  EXPECT_TRUE(transport->Perform(request).ok());
  request.max_redirects = 2;
  EXPECT_EQ(transport->Perform(request).status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(RedirectTest, EndsSomewhere) {
  HttpServer server;
  RedirectTo(server, "/loop", "/loop");
  RedirectTo(server, "/file", "file:///etc/hosts");
  RedirectTo(server, "/once", "/target");
  server.Start();
  const auto transport = Make();
  EXPECT_EQ(transport->Perform(GetWithCredentials(server.Url("/loop")))
                .status()
                .code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(transport->Perform(GetWithCredentials(server.Url("/file")))
                .status()
                .code(),
            absl::StatusCode::kInvalidArgument);
  Request request = GetWithCredentials(server.Url("/once"));
  request.max_redirects = 0;
  const auto response = transport->Perform(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 302);
}

}  // namespace
}  // namespace kso::http

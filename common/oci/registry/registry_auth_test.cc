// SPDX-License-Identifier: Apache-2.0
// Authentication, seen from the registry client.

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "common/oci/login/access.h"
#include "common/oci/login/login_policy.h"
#include "common/oci/registry/registry_client.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"

namespace kso::oci {
namespace {

using ::kso::testing::FakeAnswer;
using ::kso::testing::HeaderOf;

const std::string kBlob =
    "https://quay.io/v2/a/blobs/" + Sha256Of("x").ToString();
constexpr char kToken[] =
    "https://quay.io/auth?scope=repository%3Aa%3Apull&service=quay.io";
constexpr char kPushToken[] =
    "https://quay.io/auth?scope=repository%3Aa%3Apull%2Cpush&service=quay.io";

class RegistryAuthTest : public ::testing::Test {
 protected:
  void Use(const std::string& auths) {
    credentials_ = *Credentials::FromJson(R"({"auths":)" + auths + "}");
  }

  // Answers as a registry that wants `expected` as the Authorization.
  void Guard(const std::string& method, const std::string& url,
             const std::string& challenge, const std::string& expected,
             const FakeAnswer& answer = {}) {
    transport_.On(method, url, [=](const http::Request& request) {
      if (HeaderOf(request, "Authorization") == expected) return answer;
      return FakeAnswer{.status = 401,
                        .headers = {{"WWW-Authenticate", challenge}}};
    });
  }

  absl::StatusOr<bool> HasBlob() {
    if (client_ == nullptr) {
      client_ = *CreateRegistryClient({.host = "quay.io"}, &transport_, &clock_,
                                      &credentials_);
    }
    return client_->HasBlob("a", Sha256Of("x"));
  }

  const std::string bearer_ =
      R"(Bearer realm="https://quay.io/auth",service="quay.io")";
  testing::FakeClock clock_;
  testing::FakeTransport transport_;
  Credentials credentials_;
  std::unique_ptr<ImageStore> client_;
};

// The answer of a registry that wants a token of `realm`.
FakeAnswer Challenge(const std::string& realm) {
  return {.status = 401,
          .headers = {{"WWW-Authenticate", "Bearer realm=\"" + realm + "\""}}};
}

TEST_F(RegistryAuthTest, TokensAreFetchedOnceAndRenewedInTime) {
  Guard("HEAD", kBlob, bearer_, "Bearer t1");
  transport_.On("GET", kToken,
                FakeAnswer{.body = R"({"token":"t1","expires_in":300})"});
  EXPECT_EQ(*HasBlob(), true);
  EXPECT_EQ(*HasBlob(), true);
  EXPECT_EQ(transport_.CountOf("GET", kToken), 1);
  EXPECT_EQ(transport_.CountOf("HEAD", kBlob), 3);
  EXPECT_EQ(HeaderOf(transport_.requests()[1], "Authorization"), "");

  clock_.Advance(absl::Seconds(291));
  EXPECT_EQ(*HasBlob(), true);
  EXPECT_EQ(transport_.CountOf("GET", kToken), 2);
  EXPECT_EQ(transport_.CountOf("HEAD", kBlob), 4);
}

TEST_F(RegistryAuthTest, ATokenWhoseTimeIsNotToldLastsAMinute) {
  Guard("HEAD", kBlob, bearer_, "Bearer t1");
  std::string body;
  transport_.On("GET", kToken, [&body](const http::Request&) {
    return FakeAnswer{.body = body};
  });
  for (const char* answer :
       {R"({"token":"t1"})", R"({"token":"t1","expires_in":"soon"})"}) {
    client_.reset();
    body = answer;
    const int before = transport_.CountOf("GET", kToken);
    EXPECT_EQ(*HasBlob(), true);
    clock_.Advance(absl::Seconds(49));
    EXPECT_EQ(*HasBlob(), true);
    EXPECT_EQ(transport_.CountOf("GET", kToken), before + 1) << answer;
    clock_.Advance(absl::Seconds(1));
    EXPECT_EQ(*HasBlob(), true);
    EXPECT_EQ(transport_.CountOf("GET", kToken), before + 2) << answer;
  }
}

TEST_F(RegistryAuthTest, AnAnswerWithoutATokenIsNamed) {
  Guard("HEAD", kBlob, bearer_, "Bearer t1");
  std::string body;
  transport_.On("GET", kToken, [&body](const http::Request&) {
    return FakeAnswer{.body = body};
  });
  for (const char* answer : {"", "{}", "<html>", R"({"token":""})"}) {
    body = answer;
    const absl::Status status = HasBlob().status();
    EXPECT_TRUE(absl::IsUnauthenticated(status)) << status;
    EXPECT_TRUE(absl::StrContains(status.message(), "holds no token"))
        << status;
  }
}

TEST_F(RegistryAuthTest, ARealmMayHaveAQueryAndNameNoService) {
  Guard("HEAD", kBlob, R"(Bearer realm="https://quay.io/auth?account=a")",
        "Bearer t1");
  transport_.On("GET",
                "https://quay.io/auth?account=a&scope=repository%3Aa%3Apull",
                FakeAnswer{.body = R"({"token":"t1"})"});
  const auto there = HasBlob();
  ASSERT_TRUE(there.ok()) << there.status();
  EXPECT_TRUE(*there);
}

TEST_F(RegistryAuthTest, AChallengeThatNamesNoRealmIsPassedOver) {
  Use(R"({"quay.io":{"auth":"bWU6c2VjcmV0"}})");
  Guard("HEAD", kBlob, R"(Bearer service="x", Basic realm="x")",
        "Basic bWU6c2VjcmV0");
  const auto there = HasBlob();
  ASSERT_TRUE(there.ok()) << there.status();
  EXPECT_TRUE(*there);
}

TEST_F(RegistryAuthTest, AReleaseCannotHaveALoginSentInClear) {
  Use(R"({"quay.io":{"auth":"YWxpY2U6c2VjcmV0"}})");
  const std::string blob =
      "http://quay.io/v2/a/blobs/" + Sha256Of("x").ToString();
  Guard("HEAD", blob, "Basic realm=\"r\"", "Basic YWxpY2U6c2VjcmV0");
  Guard("GET", blob, "Basic realm=\"r\"", "Basic YWxpY2U6c2VjcmV0");
  const auto has_blob = [&](const LoginPolicy& logins) {
    const auto client = CreateRegistryClient(
        {.host = "quay.io", .insecure = true, .shared = {.logins = logins}},
        &transport_, &clock_, &credentials_);
    return (*client)->HasBlob("a", Sha256Of("x"));
  };
  const absl::Status refused = has_blob({}).status();
  EXPECT_TRUE(
      absl::StrContains(refused.message(), "--plain-http-login quay.io"))
      << refused;
  for (const http::Request& request : transport_.requests()) {
    EXPECT_EQ(HeaderOf(request, "Authorization"), "");
  }
  EXPECT_TRUE(has_blob(*LoginPolicy::Create({"quay.io"}, {})).ok());
}

TEST_F(RegistryAuthTest, ATokenAddsNoHeaderOfItsOwn) {
  Guard("HEAD", kBlob, bearer_, "Bearer t1");
  for (const char* token :
       {"a\\r\\nX-Other: b", "a b", "\\u0000", "caf\\u00e9"}) {
    transport_.On(
        "GET", kToken,
        FakeAnswer{.body = std::string("{\"token\":\"") + token + "\"}"});
    EXPECT_TRUE(absl::IsUnauthenticated(HasBlob().status())) << token;
  }
}

TEST_F(RegistryAuthTest, ARefusedTokenIsRenewedOnce) {
  Guard("HEAD", kBlob, bearer_, "Bearer t1");
  Guard("HEAD", kBlob, bearer_, "Bearer t1");
  Guard("HEAD", kBlob, bearer_, "Bearer t2");
  transport_.On("GET", kToken, FakeAnswer{.body = R"({"token":"t1"})"});
  transport_.On("GET", kToken, FakeAnswer{.body = R"({"access_token":"t2"})"});
  EXPECT_EQ(*HasBlob(), true);
  EXPECT_EQ(*HasBlob(), true);
  EXPECT_EQ(transport_.CountOf("GET", kToken), 2);
}

TEST_F(RegistryAuthTest, ARegistryThatRefusesEveryTokenIsNotAskedForEver) {
  int asked = 0;
  absl::Duration takes;
  transport_.On("HEAD", kBlob, [&](const http::Request&) {
    clock_.Advance(takes);
    return FakeAnswer{.status = ++asked < 50 ? 401 : 200,
                      .headers = {{"WWW-Authenticate", bearer_}}};
  });
  transport_.On(
      "GET", kBlob,
      FakeAnswer{.status = 401, .headers = {{"WWW-Authenticate", bearer_}}});
  transport_.On("GET", kToken, FakeAnswer{.body = R"({"token":"t1"})"});
  EXPECT_TRUE(absl::IsUnauthenticated(HasBlob().status()));
  EXPECT_EQ(asked, 2);
  // A token may have ended while its request waited, but not each time.
  asked = 0;
  takes = absl::Seconds(1);
  EXPECT_TRUE(absl::IsUnauthenticated(HasBlob().status()));
  EXPECT_GT(asked, 2);
  EXPECT_LT(asked, 10);
}

TEST_F(RegistryAuthTest, LoginsGoToTheRealmOnly) {
  Use(R"({"quay.io":{"auth":"bWU6c2VjcmV0"}})");
  Guard("HEAD", kBlob, bearer_, "Bearer t1");
  Guard("GET", kToken, "", "Basic bWU6c2VjcmV0",
        FakeAnswer{.body = R"({"token":"t1"})"});
  EXPECT_EQ(*HasBlob(), true);
  for (const http::Request& request : transport_.requests()) {
    EXPECT_EQ(absl::StartsWith(HeaderOf(request, "Authorization"), "Basic"),
              request.url == kToken);
  }
}

TEST_F(RegistryAuthTest, MountsAskForBothRepositories) {
  transport_.On("HEAD", kBlob, FakeAnswer{});
  EXPECT_EQ(*HasBlob(), true);
  const std::string mount =
      "https://quay.io/v2/a/blobs/uploads/?mount=sha256%3A" +
      Sha256Of("x").hex() + "&from=b";
  Guard("POST", mount, bearer_, "Bearer t2", FakeAnswer{.status = 201});
  transport_.On("GET",
                "https://quay.io/auth?scope=repository%3Aa%3Apull%2Cpush&"
                "scope=repository%3Ab%3Apull&service=quay.io",
                FakeAnswer{.body = R"({"token":"t2"})"});
  const auto mounted = client_->MountBlob("a", Sha256Of("x"), "b");
  ASSERT_TRUE(mounted.ok()) << mounted.status();
  EXPECT_EQ(*mounted, true);
}

TEST_F(RegistryAuthTest, IdentityTokensArePostedAndNotRedirected) {
  Use(R"({"quay.io":{"identitytoken":"id/1"}})");
  Guard("HEAD", kBlob, bearer_, "Bearer t1");
  transport_.On(
      "POST", "https://quay.io/auth", [](const http::Request& request) {
        EXPECT_EQ(request.max_redirects, 0);
        EXPECT_TRUE(absl::StrContains(request.body, "refresh_token=id%2F1"));
        return FakeAnswer{.body = R"({"access_token":"t1"})"};
      });
  EXPECT_EQ(*HasBlob(), true);
}

TEST_F(RegistryAuthTest, BasicIsAnswered) {
  Use(R"({"quay.io":{"auth":"bWU6c2VjcmV0"}})");
  Guard("HEAD", kBlob, "Basic realm=\"x\"", "Basic bWU6c2VjcmV0");
  EXPECT_EQ(*HasBlob(), true);
  EXPECT_EQ(*HasBlob(), true);
  EXPECT_EQ(transport_.CountOf("HEAD", kBlob), 3);
}

TEST_F(RegistryAuthTest, WithoutALoginItSaysWhatToDo) {
  Guard("HEAD", kBlob, "Basic realm=\"x\"", "Basic y");
  Guard("GET", kBlob, "Basic realm=\"x\"", "Basic y");
  const absl::Status status = HasBlob().status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_TRUE(absl::StrContains(status.message(), "skopeo login quay.io"));
  EXPECT_EQ(transport_.CountOf("HEAD", kBlob), 1);
}

TEST_F(RegistryAuthTest, WhatHidesFromWhoPullsIsAskedForByWhoPushes) {
  // As registries do that tell nobody without the right to push that there is
  // no such repository: some refuse the token, some the request.
  const FakeAnswer token{.body = R"({"token":"pull"})"};
  for (const FakeAnswer& to_pull : {FakeAnswer{.status = 403}, token}) {
    for (const bool pushes : {false, true}) {
      testing::FakeTransport transport;
      const auto answer = [this](const http::Request& request) {
        const std::string header = HeaderOf(request, "Authorization");
        if (header == "Bearer push") return FakeAnswer{.status = 404};
        if (header == "Bearer pull") return FakeAnswer{.status = 403};
        return FakeAnswer{.status = 401,
                          .headers = {{"WWW-Authenticate", bearer_}}};
      };
      transport.On("HEAD", kBlob, answer);
      transport.On("GET", kBlob, answer);
      transport.On("GET", kToken, to_pull);
      transport.On("GET", kPushToken,
                   FakeAnswer{.body = R"({"token":"push"})"});
      auto client = *CreateRegistryClient({.host = "quay.io", .pushes = pushes},
                                          &transport, &clock_, &credentials_);
      const auto there = client->HasBlob("a", Sha256Of("x"));
      EXPECT_EQ(transport.CountOf("GET", kPushToken), pushes ? 1 : 0);
      if (pushes) {
        ASSERT_TRUE(there.ok()) << there.status();
        EXPECT_FALSE(*there);
      } else {
        EXPECT_TRUE(IsDenial(there.status())) << there.status();
      }
    }
  }
}

TEST_F(RegistryAuthTest, AHelperInTroubleDoesNotKeepWhatIsPublic) {
  credentials_ = *Credentials::FromJson(R"({"credsStore":"kso-missing"})");
  transport_.On("GET", kToken, FakeAnswer{.body = R"({"token":"public"})"});
  Guard("HEAD", kBlob, bearer_, "Bearer public");
  EXPECT_EQ(*HasBlob(), true);
}

TEST_F(RegistryAuthTest, ARefusalTellsOfTheHelperInTrouble) {
  credentials_ = *Credentials::FromJson(R"({"credsStore":"kso-missing"})");
  const FakeAnswer refused{.status = 401,
                           .headers = {{"WWW-Authenticate", "Basic realm=x"}}};
  transport_.On("HEAD", kBlob, refused);
  transport_.On("GET", kBlob, refused);
  const absl::Status status = HasBlob().status();
  EXPECT_TRUE(absl::IsUnauthenticated(status));
  EXPECT_TRUE(
      absl::StrContains(status.message(), "docker-credential-kso-missing"))
      << status;
}

TEST_F(RegistryAuthTest, WhatARegistryEchoesOfTheLoginIsInNoMessage) {
  // me:TopSecret
  Use(R"({"quay.io":{"auth":"bWU6VG9wU2VjcmV0"}})");
  const auto echo = [](const http::Request& request) {
    const std::string header = HeaderOf(request, "Authorization");
    return FakeAnswer{.status = header.empty() ? 401 : 400,
                      .headers = {{"WWW-Authenticate", "Basic realm=x"},
                                  {"Retry-After", header}},
                      .body = R"({"errors":[{"code":")" +
                              std::string(195, 'x') +
                              R"(","message":"bad header: )" + header +
                              R"(","detail":"me:TopSecret, TopSecret"}]})"};
  };
  transport_.On("HEAD", kBlob, echo);
  transport_.On("GET", kBlob, echo);
  const absl::Status status = HasBlob().status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "bad header: Basic ***"))
      << status;
  EXPECT_FALSE(absl::StrContains(status.message(), "TopSecret")) << status;
  EXPECT_FALSE(absl::StrContains(status.message(), "bWU6VG9wU2VjcmV0"))
      << status;
}

TEST_F(RegistryAuthTest, ATokenThatIsEchoedInAPlaceForAnUploadIsHidden) {
  const std::string token(64, 't');
  transport_.On("GET", kPushToken,
                FakeAnswer{.body = R"({"token":")" + token + R"("})"});
  Guard("POST", "https://quay.io/v2/a/blobs/uploads/", bearer_,
        "Bearer " + token,
        FakeAnswer{.status = 202,
                   .headers = {{"Location", "http://quay.io/u/" + token}}});
  auto client = *CreateRegistryClient({.host = "quay.io"}, &transport_, &clock_,
                                      &credentials_);
  const absl::Status status = client->CheckPush("a");
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_FALSE(absl::StrContains(status.message(), token)) << status;
}

TEST_F(RegistryAuthTest, WhatThisMachineRefusesIsNoDenial) {
  transport_.On("HEAD", kBlob, Challenge("https://evil.com"));
  EXPECT_FALSE(IsDenial(HasBlob().status()));
}

TEST_F(RegistryAuthTest, ARealmElsewhereIsNotCalled) {
  Use(R"({"quay.io":{"auth":"bWU6c2VjcmV0"}})");
  for (const char* realm :
       {"https://evil.example.com/auth", "http://quay.io/auth",
        "https://169.254.169.254/token"}) {
    client_.reset();
    testing::FakeTransport transport;
    transport.On("HEAD", kBlob, Challenge(realm));
    auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                        &clock_, &credentials_);
    EXPECT_EQ(client->HasBlob("a", Sha256Of("x")).status().code(),
              absl::StatusCode::kPermissionDenied);
    EXPECT_EQ(transport.requests().size(), 1u);
  }
}

TEST_F(RegistryAuthTest, ARealmThatIsNoUrlIsTheRegistrys) {
  for (const char* realm : {"/token", "file:///etc/passwd", "", "token"}) {
    client_.reset();
    testing::FakeTransport transport;
    transport.On("HEAD", kBlob, Challenge(realm));
    auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                        &clock_, &credentials_);
    const absl::Status status = client->HasBlob("a", Sha256Of("x")).status();
    EXPECT_NE(status.message().find("quay.io wants tokens to be fetched from "
                                    "where none"),
              std::string::npos)
        << realm << ": " << status;
  }
}

TEST_F(RegistryAuthTest, UploadsElsewhereCarryNoCredentials) {
  Guard("HEAD", kBlob, bearer_, "Bearer t1", FakeAnswer{.status = 404});
  transport_.On("GET", kPushToken, FakeAnswer{.body = R"({"token":"t1"})"});
  Guard("POST", "https://quay.io/v2/a/blobs/uploads/", bearer_, "Bearer t1",
        FakeAnswer{.status = 202,
                   .headers = {{"Location", "https://store.example.com/u"}}});
  transport_.On(
      "PUT",
      "https://store.example.com/u?digest=sha256%3A" + Sha256Of("x").hex(),
      [](const http::Request& request) {
        EXPECT_EQ(HeaderOf(request, "Authorization"), "");
        return FakeAnswer{.status = 201};
      });
  v1::Descriptor blob;
  blob.set_digest(Sha256Of("x").ToString());
  blob.set_size(1);
  client_ = *CreateRegistryClient({.host = "quay.io"}, &transport_, &clock_,
                                  &credentials_);
  const auto pushed = client_->PutBlob(
      "a", blob, [](int64_t offset) { return SourceOfString("x", offset); });
  EXPECT_TRUE(pushed.ok()) << pushed.status();
}

TEST_F(RegistryAuthTest, ATokenThatExpiresInMidUploadIsRenewed) {
  const std::string digest = Sha256Of("x").ToString();
  const std::string put =
      "https://quay.io/u/1?digest=sha256%3A" + Sha256Of("x").hex();
  Guard("HEAD", kBlob, bearer_, "Bearer t1", {.status = 404});
  Guard("POST", "https://quay.io/v2/a/blobs/uploads/", bearer_, "Bearer t1",
        {.status = 202, .headers = {{"Location", "/u/1"}}});
  Guard("PUT", put, bearer_, "Bearer t2", {.status = 201});
  transport_.On("GET", kPushToken,
                FakeAnswer{.body = R"({"token":"t1","expires_in":300})"});
  transport_.On("GET", kPushToken,
                FakeAnswer{.body = R"({"token":"t2","expires_in":300})"});
  client_ = *CreateRegistryClient({.host = "quay.io"}, &transport_, &clock_,
                                  &credentials_);
  v1::Descriptor blob;
  blob.set_digest(digest);
  blob.set_size(1);
  const auto pushed = client_->PutBlob(
      "a", blob, [](int64_t offset) { return SourceOfString("x", offset); });
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(transport_.CountOf("PUT", put), 2);
  EXPECT_EQ(transport_.requests().back().body, "x");
}

TEST_F(RegistryAuthTest, SessionsShareWhatOneHasLearned) {
  Guard("HEAD", kBlob, bearer_, "Bearer t1");
  transport_.On("GET", kToken,
                FakeAnswer{.body = R"({"token":"t1","expires_in":300})"});
  const SharedRegistryOptions tokens = {
      .cache = std::make_shared<TokenCache>(&clock_), .realms = {}};
  for (int i = 0; i < 3; ++i) {
    auto client = *CreateRegistryClient({.host = "quay.io", .shared = tokens},
                                        &transport_, &clock_, &credentials_);
    EXPECT_EQ(*client->HasBlob("a", Sha256Of("x")), true);
  }
  EXPECT_EQ(transport_.CountOf("GET", kToken), 1);
  // The registry refuses once; the first request learns from it.
  EXPECT_EQ(transport_.CountOf("HEAD", kBlob), 4);
}

}  // namespace
}  // namespace kso::oci

// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/registry_connector.h"

#include <gtest/gtest.h>

#include <memory>
#include <stop_token>
#include <string>

#include "common/base/status_macros.h"
#include "common/bytes/digest.h"
#include "common/bytes/hashing_sink.h"
#include "common/oci/destination.h"
#include "common/oci/login/login_places.h"
#include "common/oci/login/token_cache.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"

namespace kso::oci {
namespace {

using ::kso::testing::FakeAnswer;
using ::kso::testing::HeaderOf;

const std::string kBlobPath = "/v2/a/blobs/" + Sha256Of("x").ToString();
const std::string kBlob = "https://quay.io" + kBlobPath;

class RegistryConnectorTest : public ::testing::Test {
 protected:
  RegistryConnectorTest() { clock_.AdvanceByItself(); }

  RegistryConnector Connector(SharedRegistryOptions shared = {}) {
    return RegistryConnector(&transport_, &clock_, &credentials_,
                             std::move(shared));
  }

  // Opens a destination whose images must not be in the farm's own store.
  std::unique_ptr<ImageStore> OpenDestination(
      const v1::Destination& destination, std::stop_token stop = {}) {
    auto opened = Connector().OpenDestination(destination, stop, [] {
      ADD_FAILURE() << "opened the farm's own store";
      return nullptr;
    });
    EXPECT_TRUE(opened.ok()) << opened.status();
    return *std::move(opened);
  }

  testing::FakeClock clock_;
  testing::FakeTransport transport_;
  Credentials credentials_;
};

TEST_F(RegistryConnectorTest, ARegistryDestinationIsItsHost) {
  transport_.On("HEAD", kBlob, FakeAnswer{});
  const auto store = OpenDestination(*ParseDestination("docker://quay.io/a"));
  EXPECT_EQ(*store->HasBlob("a", Sha256Of("x")), true);
}

TEST_F(RegistryConnectorTest, AnInsecureDestinationIsAskedOverPlainHttp) {
  transport_.On("HEAD", "http://quay.io:5000" + kBlobPath, FakeAnswer{});
  v1::Destination destination = *ParseDestination("docker://quay.io:5000/a");
  destination.set_insecure(true);
  EXPECT_EQ(*OpenDestination(destination)->HasBlob("a", Sha256Of("x")), true);
}

TEST_F(RegistryConnectorTest, FilesAndDirectoriesAreTheFarmsOwnStore) {
  for (const char* text : {"oci:out", "oci-archive:out.tar"}) {
    int opened = 0;
    const auto store =
        Connector().OpenDestination(*ParseDestination(text), {}, [&opened] {
          ++opened;
          return nullptr;
        });
    EXPECT_TRUE(store.ok()) << store.status();
    EXPECT_EQ(opened, 1) << text;
  }
  EXPECT_TRUE(transport_.requests().empty());
}

TEST_F(RegistryConnectorTest, ATransferEndsWhenItsOwnerStops) {
  transport_.On("HEAD", kBlob, FakeAnswer{});
  std::stop_source source;
  const auto store = OpenDestination(*ParseDestination("docker://quay.io"),
                                     source.get_token());
  ASSERT_TRUE(store->HasBlob("a", Sha256Of("x")).ok());
  source.request_stop();
  EXPECT_TRUE(transport_.requests().back().transfer.stop.stop_requested());
}

TEST_F(RegistryConnectorTest, LoginsAreSent) {
  credentials_ =
      *Credentials::FromJson(R"({"auths":{"quay.io":{"auth":"YTpi"}}})");
  transport_.On("HEAD", kBlob, [](const http::Request& request) {
    if (HeaderOf(request, "Authorization") == "Basic YTpi") return FakeAnswer{};
    return FakeAnswer{.status = 401,
                      .headers = {{"WWW-Authenticate", "Basic realm=\"a\""}}};
  });
  const auto store = *Connector().Open("quay.io", /*insecure=*/false);
  EXPECT_EQ(*store->HasBlob("a", Sha256Of("x")), true);
}

TEST_F(RegistryConnectorTest, TokensAreFetchedOnceForAllThatItOpens) {
  const std::string token =
      "https://quay.io/auth?scope=repository%3Aa%3Apull&service=quay.io";
  transport_.On("GET", token,
                FakeAnswer{.body = R"({"token":"t1","expires_in":300})"});
  transport_.On("HEAD", kBlob, [](const http::Request& request) {
    if (HeaderOf(request, "Authorization") == "Bearer t1") return FakeAnswer{};
    return FakeAnswer{
        .status = 401,
        .headers = {
            {"WWW-Authenticate",
             R"(Bearer realm="https://quay.io/auth",service="quay.io")"}}};
  });
  const RegistryConnector connector =
      Connector({.cache = std::make_shared<TokenCache>(&clock_), .realms = {}});
  for (int i = 0; i < 2; ++i) {
    const auto store = *connector.Open("quay.io", /*insecure=*/false);
    EXPECT_EQ(*store->HasBlob("a", Sha256Of("x")), true);
  }
  EXPECT_EQ(transport_.CountOf("GET", token), 1);
}

// The token that the login of one team got is none for another's build.
TEST_F(RegistryConnectorTest, ABuildThatMayNotLogInUsesNobodysToken) {
  credentials_ =
      *Credentials::FromJson(R"({"auths":{"quay.io":{"auth":"YTpi"}}})");
  const std::string token =
      "https://quay.io/auth?scope=repository%3Aa%3Apull&service=quay.io";
  transport_.On("GET", token, [](const http::Request& request) {
    return request.credentials.empty()
               ? FakeAnswer{.body = R"({"token":"t0","expires_in":300})"}
               : FakeAnswer{.body = R"({"token":"t1","expires_in":300})"};
  });
  transport_.On("HEAD", kBlob, [](const http::Request& request) {
    if (HeaderOf(request, "Authorization") == "Bearer t1") return FakeAnswer{};
    return FakeAnswer{
        .status = 401,
        .headers = {
            {"WWW-Authenticate",
             R"(Bearer realm="https://quay.io/auth",service="quay.io")"}}};
  });
  const RegistryConnector farm =
      Connector({.cache = std::make_shared<TokenCache>(&clock_), .realms = {}});
  const auto has_blob = [](const RegistryConnector& connector) {
    const auto store = *connector.Open("quay.io", /*insecure=*/false);
    return store->HasBlob("a", Sha256Of("x")).ok();
  };
  EXPECT_TRUE(has_blob(farm));
  EXPECT_TRUE(has_blob(farm.LimitedTo(*LoginPlaces::Parse({"quay.io/a"}))));
  EXPECT_FALSE(has_blob(farm.LimitedTo(*LoginPlaces::Parse({"quay.io/b"}))));
  EXPECT_FALSE(has_blob(farm.LimitedTo({})));
  EXPECT_TRUE(has_blob(farm));
}

TEST_F(RegistryConnectorTest, ARegistryThatRefusesStreamsIsAskedOnce) {
  const std::string upload = "https://quay.io/u/1";
  transport_.On("POST", "https://quay.io/v2/a/blobs/uploads/",
                FakeAnswer{.status = 202, .headers = {{"Location", "/u/1"}}});
  transport_.On("PATCH", upload, FakeAnswer{.status = 405});
  transport_.On("DELETE", upload, FakeAnswer{.status = 204});
  const RegistryConnector connector = Connector();
  // A copy remembers what the original has learned.
  for (const RegistryConnector& each :
       {connector, RegistryConnector(connector)}) {
    const auto store = *each.Open("quay.io", /*insecure=*/false);
    const auto pushed = store->PutStream(
        "a", [](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
          HashingSink hashed(&sink);
          KSO_RETURN_IF_ERROR(hashed.Write("x"));
          return hashed.Finish();
        });
    EXPECT_TRUE(absl::IsUnimplemented(pushed.status())) << pushed.status();
  }
  EXPECT_EQ(transport_.CountOf("PATCH", upload), 1);
}

}  // namespace
}  // namespace kso::oci

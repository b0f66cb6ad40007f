// SPDX-License-Identifier: Apache-2.0
// Tests the registry client against scripted registries that do what a real one
// on loopback does not.

#include "common/oci/registry/registry_client.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status_notes.h"
#include "common/bytes/sinks.h"
#include "common/http/transfer_options.h"
#include "common/oci/login/access.h"
#include "common/oci/media_types.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"

namespace kso::oci {
namespace {

using ::kso::testing::FakeAnswer;
using ::kso::testing::HeaderOf;

constexpr char kContent[] = "0123456789";
const std::string kV2 = "https://quay.io/v2/";

v1::Descriptor BlobOf(const std::string& content) {
  v1::Descriptor blob;
  blob.set_digest(Sha256Of(content).ToString());
  blob.set_size(static_cast<int64_t>(content.size()));
  return blob;
}

std::string BlobUrl(const std::string& content) {
  return kV2 + "a/blobs/" + Sha256Of(content).ToString();
}

std::string EmptyManifest() {
  return R"({"schemaVersion":2,"config":{"digest":")" +
         Sha256Of("").ToString() + R"(","size":0},"layers":[]})";
}

// A FakeTransport that hands content on byte by byte, as a network may.
class DrippingTransport : public testing::FakeTransport {
 public:
  absl::StatusOr<http::Response> Download(const http::Request& request,
                                          ByteSink& sink,
                                          OnResponse on_response) override {
    class Drip : public ByteSink {
     public:
      explicit Drip(ByteSink* next) : next_(*next) {}

      absl::Status Write(std::string_view bytes) override {
        absl::Status status;
        for (size_t i = 0; i < bytes.size() && status.ok(); ++i) {
          status = next_.Write(bytes.substr(i, 1));
        }
        return status;
      }

     private:
      ByteSink& next_;
    } drip(&sink);
    return FakeTransport::Download(request, drip, std::move(on_response));
  }
};

class RegistryClientTest : public ::testing::Test {
 protected:
  RegistryClientTest() {
    clock_.AdvanceByItself();
    client_ = Make("quay.io");
  }

  std::unique_ptr<ImageStore> Make(const std::string& host) {
    return *CreateRegistryClient({.host = host}, &transport_, &clock_,
                                 &credentials_);
  }

  absl::StatusOr<int64_t> Push() {
    return client_->PutBlob("a", BlobOf(kContent), [](int64_t offset) {
      return SourceOfString(kContent, offset);
    });
  }

  // Pulls bytes of kContent.
  absl::Status GetPart(const http::ByteRange& range, ByteSink& sink,
                       bool spare = false) {
    return client_->GetBlobPart("a", BlobOf(kContent),
                                {.range = range, .spare = spare}, sink);
  }

  testing::FakeClock clock_;
  testing::FakeTransport transport_;
  Credentials credentials_;
  std::unique_ptr<ImageStore> client_;
};

TEST_F(RegistryClientTest, WhatIsNotGrammaticalNeverBecomesAUrl) {
  EXPECT_FALSE(CreateRegistryClient({.host = "quay.io/x"}, &transport_, &clock_,
                                    &credentials_)
                   .ok());
  StringSink sink;
  v1::Descriptor bad;
  bad.set_digest("sha256:../x");
  for (const absl::Status& status :
       {client_->GetManifest("../a", "v1").status(),
        client_->GetManifest("a", "v1/../../b").status(),
        client_->HeadManifest("a", "sha256:short").status(),
        client_->GetBlob("a", bad, sink),
        client_->HasBlob("A?b", Sha256Of("x")).status()}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  }
  EXPECT_TRUE(transport_.requests().empty());
}

TEST_F(RegistryClientTest, TheOperatorSaysWhetherARegistrySpeaksPlainHttp) {
  const auto asked = [&](const RegistryOptions& options) {
    testing::FakeTransport transport;
    const auto client =
        *CreateRegistryClient(options, &transport, &clock_, &credentials_);
    client->HasBlob("a", Sha256Of("x")).IgnoreError();
    const std::string url = transport.requests().front().url;
    return url.substr(0, url.find("/v2/"));
  };
  EXPECT_EQ(asked({.host = "reg.corp:5000"}), "https://reg.corp:5000");
  EXPECT_EQ(asked({.host = "reg.corp:5000", .insecure = true}),
            "http://reg.corp:5000");
  for (const char* host : {"localhost:5000", "127.0.0.1", "[::1]:5000",
                           "kind-registry.localhost:5000"}) {
    EXPECT_EQ(asked({.host = host}), "http://" + std::string(host));
    EXPECT_EQ(asked({.host = host, .shared = {.https = {host}}}),
              "https://" + std::string(host));
  }
  for (const char* named : {"reg.corp", "reg.corp:5000"}) {
    EXPECT_EQ(
        asked({.host = "reg.corp:5000", .shared = {.plain_http = {named}}}),
        "http://reg.corp:5000");
    EXPECT_EQ(asked({.host = "reg.corp:5000",
                     .insecure = true,
                     .shared = {.https = {named}}}),
              "https://reg.corp:5000");
  }
  EXPECT_EQ(asked({.host = "reg.corp:5000",
                   .shared = {.plain_http = {"reg.corp:80", "corp"}}}),
            "https://reg.corp:5000");
  EXPECT_EQ(asked({.host = "[fd00::1]:5000",
                   .shared = {.plain_http = {"[fd00::1]"}}}),
            "http://[fd00::1]:5000");
}

TEST_F(RegistryClientTest, DockerIoIsSpokenToAtItsRegistry) {
  const std::string url =
      "https://registry-1.docker.io/v2/library/nginx/manifests/1";
  transport_.On(
      "GET", url,
      FakeAnswer{.headers = {{"Content-Type", std::string(kDockerManifest) +
                                                  "; charset=utf-8"}},
                 .body = EmptyManifest()});
  const auto document = Make("docker.io")->GetManifest("library/nginx", "1");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ(document->content_descriptor().media_type(), kDockerManifest);
  EXPECT_EQ(document->content_descriptor().digest(),
            Sha256Of(EmptyManifest()).ToString());
}

TEST_F(RegistryClientTest, ManifestBytesAreVerified) {
  const std::string digest = Sha256Of("something else").ToString();
  const http::Headers type = {{"Content-Type", std::string(kOciManifest)}};
  http::Headers promised = type;
  promised.emplace_back("Docker-Content-Digest", digest);
  transport_.On("GET", kV2 + "a/manifests/" + digest,
                FakeAnswer{.headers = type, .body = EmptyManifest()});
  transport_.On("GET", kV2 + "a/manifests/v1",
                FakeAnswer{.headers = promised, .body = EmptyManifest()});
  for (const std::string& reference : {digest, std::string("v1")}) {
    EXPECT_EQ(client_->GetManifest("a", reference).status().code(),
              absl::StatusCode::kDataLoss);
  }
}

TEST_F(RegistryClientTest, ManifestTypesMustAgree) {
  const std::string own = R"({"mediaType":")" + std::string(kOciManifest) +
                          "\"," + EmptyManifest().substr(1);
  const auto get = [&](const std::string& served) {
    testing::FakeTransport transport;
    http::Headers headers;
    if (!served.empty()) headers = {{"Content-Type", served}};
    transport.On("GET", kV2 + "a/manifests/v1",
                 FakeAnswer{.headers = headers, .body = own});
    auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                        &clock_, &credentials_);
    return client->GetManifest("a", "v1").status();
  };
  EXPECT_TRUE(get(std::string(kOciManifest)).ok());
  EXPECT_TRUE(get("application/octet-stream").ok());
  EXPECT_TRUE(get("text/plain; charset=utf-8").ok());
  EXPECT_TRUE(get("").ok());
  EXPECT_EQ(get(std::string(kDockerManifest)).code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(get("text/html").code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(RegistryClientTest, AManifestWithoutATypeShowsItself) {
  for (const char* served :
       {"", "application/json", "text/plain", "binary/octet-stream"}) {
    testing::FakeTransport transport;
    http::Headers headers;
    if (*served != 0) headers = {{"Content-Type", served}};
    const std::string digest = Sha256Of(EmptyManifest()).ToString();
    transport.On("GET", kV2 + "a/manifests/" + digest,
                 FakeAnswer{.headers = headers, .body = EmptyManifest()});
    auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                        &clock_, &credentials_);
    const auto document = client->GetManifest("a", digest);
    ASSERT_TRUE(document.ok()) << served << document.status();
    EXPECT_EQ(document->content_descriptor().media_type(), kOciManifest);
  }
}

TEST_F(RegistryClientTest, ASchema1ImageIsSaidToBeOne) {
  const std::string body =
      R"({"schemaVersion":1,"name":"a","fsLayers":[],"signatures":[]})";
  for (const std::string_view served :
       {kDockerSchema1, kDockerSignedSchema1, kDockerManifest,
        std::string_view("application/json"), std::string_view("text/plain"),
        std::string_view("")}) {
    // The digest is that of the payload, without the signatures.
    for (const std::string& reference :
         {std::string("v1"), Sha256Of("the payload").ToString()}) {
      testing::FakeTransport transport;
      http::Headers headers = {
          {"Docker-Content-Digest", Sha256Of("the payload").ToString()}};
      if (!served.empty()) {
        headers.emplace_back("Content-Type", std::string(served));
      }
      transport.On("GET", kV2 + "a/manifests/" + reference,
                   FakeAnswer{.headers = headers, .body = body});
      auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                          &clock_, &credentials_);
      const absl::Status status = client->GetManifest("a", reference).status();
      EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented) << status;
      EXPECT_EQ(status.message(),
                "is a schema 1 image, which no current container runtime "
                "takes");
    }
  }
}

TEST_F(RegistryClientTest, ARegistryThatRefusesSchema1SaysSo) {
  const std::string url = kV2 + "a/manifests/v1";
  transport_.On("HEAD", url, FakeAnswer{.status = 400});
  transport_.On(
      "GET", url,
      FakeAnswer{.status = 400,
                 .body = R"({"errors":[{"code":"MANIFEST_INVALID",)"
                         R"("message":"Schema 1 manifest not supported"}]})"});
  const absl::Status status = client_->HeadManifest("a", "v1").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kUnimplemented) << status;
}

TEST_F(RegistryClientTest, HeadWithoutADigestAsksForTheBytes) {
  const std::string url = kV2 + "a/manifests/v1";
  const http::Headers type = {{"Content-Type", std::string(kOciManifest)}};
  transport_.On("HEAD", url, FakeAnswer{.headers = type});
  transport_.On("GET", url,
                FakeAnswer{.headers = type, .body = EmptyManifest()});
  const auto descriptor = client_->HeadManifest("a", "v1");
  ASSERT_TRUE(descriptor.ok()) << descriptor.status();
  EXPECT_EQ(descriptor->digest(), Sha256Of(EmptyManifest()).ToString());
  EXPECT_EQ(descriptor->size(), static_cast<int64_t>(EmptyManifest().size()));
}

TEST_F(RegistryClientTest, WhatAHeadDoesNotTellOfAManifestAGetDoes) {
  const std::string url = kV2 + "a/manifests/v1";
  for (const int status : {400, 401, 403, 404, 405, 501}) {
    transport_.On("HEAD", url, FakeAnswer{.status = status});
  }
  transport_.On(
      "GET", url,
      FakeAnswer{.headers = {{"Content-Type", std::string(kOciManifest)}},
                 .body = EmptyManifest()});
  for (int i = 0; i < 6; ++i) {
    const auto descriptor = client_->HeadManifest("a", "v1");
    ASSERT_TRUE(descriptor.ok()) << descriptor.status();
    EXPECT_EQ(descriptor->digest(), Sha256Of(EmptyManifest()).ToString());
  }
}

TEST_F(RegistryClientTest, AManifestThatNeitherHeadNorGetFindsIsAbsent) {
  const std::string url = kV2 + "a/manifests/v1";
  transport_.On("HEAD", url, FakeAnswer{.status = 404});
  transport_.On("GET", url, FakeAnswer{.status = 404});
  EXPECT_TRUE(absl::IsNotFound(client_->HeadManifest("a", "v1").status()));
  EXPECT_EQ(transport_.CountOf("GET", url), 1);
}

TEST_F(RegistryClientTest, ABusyRegistryIsNotAskedByGetToo) {
  const std::string url = kV2 + "a/manifests/v1";
  transport_.On("HEAD", url, FakeAnswer{.status = 503});
  EXPECT_TRUE(absl::IsUnavailable(client_->HeadManifest("a", "v1").status()));
  EXPECT_EQ(transport_.CountOf("GET", url), 0);
}

TEST_F(RegistryClientTest, WhatAHeadDoesNotTellOfABlobItsFirstByteDoes) {
  const auto has = [&](int head, int get) {
    testing::FakeTransport transport;
    transport.On("HEAD", BlobUrl(kContent), FakeAnswer{.status = head});
    transport.On("GET", BlobUrl(kContent), [get](const http::Request& request) {
      EXPECT_EQ(HeaderOf(request, "Range"), "bytes=0-0");
      return FakeAnswer{.status = get, .body = kContent};
    });
    auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                        &clock_, &credentials_);
    return client->HasBlob("a", Sha256Of(kContent));
  };
  for (const int head : {400, 401, 403, 405, 501}) {
    EXPECT_EQ(*has(head, 206), true) << head;
    EXPECT_EQ(*has(head, 200), true) << head;
    EXPECT_EQ(*has(head, 416), true) << head;
    EXPECT_EQ(*has(head, 404), false) << head;
    EXPECT_TRUE(IsDenial(has(head, 403).status())) << head;
  }
  EXPECT_EQ(*has(404, 200), false) << "a HEAD that answers is believed";
}

TEST_F(RegistryClientTest, ADenialIsNotTakenForAnAnswerWhenPushing) {
  for (const char* method : {"HEAD", "GET"}) {
    transport_.On(method, BlobUrl(kContent), FakeAnswer{.status = 403});
  }
  transport_.On("POST", kV2 + "a/blobs/uploads/",
                FakeAnswer{.status = 202, .headers = {{"Location", "/u/1"}}});
  transport_.On(
      "PUT", "https://quay.io/u/1?digest=sha256%3A" + Sha256Of(kContent).hex(),
      FakeAnswer{.status = 201});
  const auto pushed = Push();
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(*pushed, 10);
}

TEST_F(RegistryClientTest, AskingWhetherItMayPushLeavesNothingBehind) {
  const std::string url = kV2 + "a/blobs/uploads/";
  transport_.On("POST", url,
                FakeAnswer{.status = 202, .headers = {{"Location", "/u/1"}}});
  transport_.On("DELETE", "https://quay.io/u/1", FakeAnswer{.status = 204});
  EXPECT_TRUE(client_->CheckPush("a").ok());
  EXPECT_EQ(transport_.CountOf("DELETE", "https://quay.io/u/1"), 1);
}

TEST_F(RegistryClientTest, ARepositoryThatHasToBeMadeFirstIsNamed) {
  transport_.On(
      "POST", kV2 + "a/blobs/uploads/",
      FakeAnswer{.status = 404,
                 .body =
                     R"({"errors":[{"code":"NAME_UNKNOWN","message":)"
                     R"("The repository with name 'a' does not exist"}]})"});
  const absl::Status status = client_->CheckPush("a");
  EXPECT_TRUE(absl::IsNotFound(status)) << status;
  for (const char* part : {"NAME_UNKNOWN", "repository a has to be made"}) {
    EXPECT_NE(std::string(status.message()).find(part), std::string::npos)
        << status;
  }
}

TEST_F(RegistryClientTest, AWebPageIsNotTakenForARegistrysWord) {
  transport_.On("GET", kV2 + "a/manifests/v1",
                FakeAnswer{.status = 404,
                           .headers = {{"Content-Type", "text/html"}},
                           .body = "<html>nginx</html>"});
  const absl::Status status = client_->GetManifest("a", "v1").status();
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_NE(std::string(status.message()).find("web page"), std::string::npos)
      << status;
}

TEST_F(RegistryClientTest, AHeadThatOffersAnotherDigestIsRefused) {
  const std::string asked = Sha256Of("asked").ToString();
  const auto offer = [&](const std::string& digest) {
    return FakeAnswer{.headers = {{"Content-Type", std::string(kOciManifest)},
                                  {"Content-Length", "12"},
                                  {"Docker-Content-Digest", digest}}};
  };
  transport_.On("HEAD", kV2 + "a/manifests/" + asked,
                offer(Sha256Of("other").ToString()));
  transport_.On("HEAD", kV2 + "a/manifests/" + asked, offer(asked));
  EXPECT_EQ(client_->HeadManifest("a", asked).status().code(),
            absl::StatusCode::kDataLoss);
  const auto descriptor = client_->HeadManifest("a", asked);
  ASSERT_TRUE(descriptor.ok()) << descriptor.status();
  EXPECT_EQ(descriptor->digest(), asked);
  EXPECT_EQ(descriptor->size(), 12);
}

TEST_F(RegistryClientTest, AHeadWithoutAUsableSizeOrTypeAsksForTheBytes) {
  const std::string url = kV2 + "a/manifests/v1";
  const std::string digest = Sha256Of(EmptyManifest()).ToString();
  const std::vector<http::Headers> poor = {
      {{"Content-Type", std::string(kOciManifest)}},
      {{"Content-Type", std::string(kOciManifest)}, {"Content-Length", "0"}},
      {{"Content-Type", std::string(kOciManifest)}, {"Content-Length", "x"}},
      {{"Content-Type", "text/html"}, {"Content-Length", "5"}},
  };
  for (http::Headers headers : poor) {
    headers.emplace_back("Docker-Content-Digest", digest);
    transport_.On("HEAD", url, FakeAnswer{.headers = headers});
  }
  transport_.On(
      "GET", url,
      FakeAnswer{.headers = {{"Content-Type", std::string(kOciManifest)}},
                 .body = EmptyManifest()});
  for (size_t i = 0; i < poor.size(); ++i) {
    const auto descriptor = client_->HeadManifest("a", "v1");
    ASSERT_TRUE(descriptor.ok()) << descriptor.status();
    EXPECT_EQ(descriptor->digest(), digest);
    EXPECT_EQ(descriptor->size(), static_cast<int64_t>(EmptyManifest().size()));
    EXPECT_EQ(transport_.CountOf("GET", url), static_cast<int>(i + 1));
  }
}

TEST_F(RegistryClientTest, AManifestThatWasStoredAsAnotherIsRefused) {
  v1::Document manifest;
  manifest.set_content(EmptyManifest());
  v1::Descriptor& descriptor = *manifest.mutable_content_descriptor();
  descriptor.set_media_type(std::string(kOciManifest));
  descriptor.set_digest(Sha256Of(EmptyManifest()).ToString());
  descriptor.set_size(static_cast<int64_t>(EmptyManifest().size()));
  const std::string url = kV2 + "a/manifests/v1";
  const auto stored_as = [](const std::string& digest) {
    return FakeAnswer{.status = 201,
                      .headers = {{"Docker-Content-Digest", digest}}};
  };
  transport_.On("PUT", url, stored_as(Sha256Of("converted").ToString()));
  transport_.On("PUT", url, stored_as(descriptor.digest()));
  const absl::Status status = client_->PutManifest("a", manifest, "v1");
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
  EXPECT_EQ(transport_.CountOf("PUT", url), 1);
  EXPECT_TRUE(client_->PutManifest("a", manifest, "v1").ok());
  EXPECT_EQ(transport_.requests().back().body, EmptyManifest());

  // A manifest that does not match its digest does not get there at all.
  manifest.set_content(EmptyManifest() + "\n");
  EXPECT_EQ(client_->PutManifest("a", manifest, "v1").code(),
            absl::StatusCode::kDataLoss);
  EXPECT_EQ(transport_.CountOf("PUT", url), 2);
}

TEST_F(RegistryClientTest, ABrokenPullIsTakenUpWhereItBroke) {
  const std::string url = BlobUrl(kContent);
  transport_.On(
      "GET", url,
      FakeAnswer{.body = "0123", .ending = absl::UnavailableError("cut")});
  transport_.On("GET", url,
                FakeAnswer{.status = 206,
                           .headers = {{"Content-Range", "bytes 4-9/10"}},
                           .body = "456",
                           .ending = absl::DeadlineExceededError("stuck")});
  // This registry does not serve ranges.
  transport_.On("GET", url, FakeAnswer{.body = kContent});
  StringSink sink;
  const absl::Status status = client_->GetBlob("a", BlobOf(kContent), sink);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(sink.content(), kContent);
  const std::vector<http::Request> requests = transport_.requests();
  EXPECT_EQ(HeaderOf(requests[1], "Range"), "bytes=4-");
  EXPECT_EQ(HeaderOf(requests[2], "Range"), "bytes=7-");
}

// A slow line breaks more often than any number of tries in a row.
TEST_F(RegistryClientTest, APullGoesOnWhileEachTryBringsSomething) {
  constexpr size_t kBroughtByEach = 1 << 20;
  const std::string content = std::string(8 * kBroughtByEach, 'x') + "end";
  const std::string url = BlobUrl(content);
  transport_.On("GET", url, [&](const http::Request& request) {
    const std::string range = HeaderOf(request, "Range");
    const size_t first = range.empty() ? 0 : std::stoul(range.substr(6));
    const bool is_last = first + kBroughtByEach >= content.size();
    return FakeAnswer{
        .status = first == 0 ? 200 : 206,
        .headers = {{"Content-Range", "bytes " + std::to_string(first) + "-"}},
        .body = content.substr(first, kBroughtByEach),
        .ending = is_last ? absl::OkStatus() : absl::UnavailableError("cut")};
  });
  StringSink sink(content.size());
  const absl::Status status = client_->GetBlob("a", BlobOf(content), sink);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(sink.content(), content);
  EXPECT_EQ(transport_.CountOf("GET", url), 9);
}

TEST_F(RegistryClientTest, ABlobThatCameWholeIsNotAskedForAgain) {
  const std::string url = BlobUrl(kContent);
  transport_.On(
      "GET", url,
      FakeAnswer{.body = kContent, .ending = absl::UnavailableError("cut")});
  StringSink sink;
  const absl::Status status = client_->GetBlob("a", BlobOf(kContent), sink);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(sink.content(), kContent);
  EXPECT_EQ(transport_.CountOf("GET", url), 1);
}

TEST_F(RegistryClientTest, APullWhoseTriesBringTooLittleIsGivenUp) {
  constexpr size_t kBroughtByEach = (1 << 20) - 1;
  const std::string content(8 << 20, 'x');
  const std::string url = BlobUrl(content);
  transport_.On("GET", url, [&](const http::Request& request) {
    const std::string range = HeaderOf(request, "Range");
    const size_t first = range.empty() ? 0 : std::stoul(range.substr(6));
    return FakeAnswer{
        .status = first == 0 ? 200 : 206,
        .headers = {{"Content-Range", "bytes " + std::to_string(first) + "-"}},
        .body = content.substr(first, kBroughtByEach),
        .ending = absl::UnavailableError("cut")};
  });
  StringSink sink;
  const absl::Status status = client_->GetBlob("a", BlobOf(content), sink);
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(transport_.CountOf("GET", url), 5);
}

TEST_F(RegistryClientTest, AnAnswerThatEndsTooEarlyIsTakenUpToo) {
  const std::string url = BlobUrl(kContent);
  transport_.On("GET", url, FakeAnswer{.body = "0123"});
  transport_.On("GET", url,
                FakeAnswer{.status = 206,
                           .headers = {{"Content-Range", "bytes 4-9/10"}},
                           .body = "456789"});
  StringSink sink;
  const absl::Status status = client_->GetBlob("a", BlobOf(kContent), sink);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(sink.content(), kContent);
}

TEST_F(RegistryClientTest, BytesThatCameBeforeAreLeftOutHoweverTheyCome) {
  const std::string url = BlobUrl(kContent);
  const FakeAnswer begun{.body = "0123", .ending = absl::UnavailableError("")};
  // The second try breaks before it brings anything new.
  const FakeAnswer less{.body = "01", .ending = absl::UnavailableError("")};
  const FakeAnswer whole{.body = kContent};
  const FakeAnswer rest{.status = 206,
                        .headers = {{"Content-Range", "bytes 4-9/10"}},
                        .body = "456789"};
  for (const std::vector<FakeAnswer>& answers :
       {std::vector<FakeAnswer>{begun, whole},
        std::vector<FakeAnswer>{begun, less, whole},
        std::vector<FakeAnswer>{begun, less, rest}}) {
    DrippingTransport transport;
    for (const FakeAnswer& answer : answers) transport.On("GET", url, answer);
    auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                        &clock_, &credentials_);
    StringSink sink;
    const absl::Status status = client->GetBlob("a", BlobOf(kContent), sink);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(sink.content(), kContent);
    EXPECT_EQ(transport.requests().size(), answers.size());
  }
}

TEST_F(RegistryClientTest, ARegistryThatHasNotTheRestIsNotAskedAgain) {
  const std::string url = BlobUrl(kContent);
  transport_.On(
      "GET", url,
      FakeAnswer{.body = "0123", .ending = absl::UnavailableError("cut")});
  transport_.On("GET", url, FakeAnswer{.status = 416});
  StringSink sink;
  const absl::Status status = client_->GetBlob("a", BlobOf(kContent), sink);
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(transport_.CountOf("GET", url), 2);
}

TEST_F(RegistryClientTest, ABlobIsReadFromWhereTheCallerHasIt) {
  // The size is not always known.
  for (const int64_t size : {10, 0}) {
    v1::Descriptor blob = BlobOf(kContent);
    blob.set_size(size);
    testing::FakeTransport transport;
    transport.On("GET", BlobUrl(kContent), FakeAnswer{.body = kContent});
    transport.On("GET", BlobUrl(kContent),
                 FakeAnswer{.status = 206,
                            .headers = {{"Content-Range", "bytes 4-9/10"}},
                            .body = "456789"});
    auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                        &clock_, &credentials_);
    StringSink whole;
    const absl::Status status = client->GetBlob("a", blob, whole);
    EXPECT_TRUE(status.ok()) << status;
    EXPECT_EQ(whole.content(), kContent);
    StringSink rest;
    const absl::Status tail = client->GetBlob("a", blob, rest, 4);
    EXPECT_TRUE(tail.ok()) << tail;
    EXPECT_EQ(rest.content(), "456789");
    EXPECT_EQ(HeaderOf(transport.requests().back(), "Range"), "bytes=4-");
  }
}

TEST_F(RegistryClientTest, NothingIsAskedForBehindTheEndOfABlob) {
  StringSink sink;
  const absl::Status nothing =
      client_->GetBlob("a", BlobOf(kContent), sink, 10);
  EXPECT_TRUE(nothing.ok()) << nothing;
  v1::Descriptor negative = BlobOf(kContent);
  negative.set_size(-1);
  for (const absl::Status& status :
       {client_->GetBlob("a", BlobOf(kContent), sink, 11),
        client_->GetBlob("a", BlobOf(kContent), sink, -1),
        client_->GetBlob("a", negative, sink)}) {
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  }
  EXPECT_TRUE(transport_.requests().empty());
}

TEST_F(RegistryClientTest, APartOfABlobIsAskedForByItsRange) {
  const std::string url = BlobUrl(kContent);
  transport_.On("GET", url,
                FakeAnswer{.status = 206,
                           .headers = {{"Content-Range", "bytes 2-7/10"}},
                           .body = "234",
                           .ending = absl::UnavailableError("cut")});
  // Once all of it is there, a connection may break.
  transport_.On("GET", url,
                FakeAnswer{.status = 206,
                           .headers = {{"Content-Range", "bytes 5-7/10"}},
                           .body = "567",
                           .ending = absl::UnavailableError("cut")});
  StringSink sink;
  const absl::Status status = GetPart({.first = 2, .length = 6}, sink);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(sink.content(), "234567");
  const std::vector<http::Request> requests = transport_.requests();
  ASSERT_EQ(requests.size(), 2u);
  EXPECT_EQ(HeaderOf(requests[0], "Range"), "bytes=2-7");
  EXPECT_EQ(HeaderOf(requests[1], "Range"), "bytes=5-7");
}

TEST_F(RegistryClientTest, APartThatIsAllNeedsNoRange) {
  transport_.On("GET", BlobUrl(kContent), FakeAnswer{.body = kContent});
  StringSink sink;
  const absl::Status status = GetPart({.first = 0, .length = 10}, sink);
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(sink.content(), kContent);
  EXPECT_EQ(HeaderOf(transport_.requests().front(), "Range"), "");
}

TEST_F(RegistryClientTest, ARegistryThatServesNoPartsIsToldFromTrouble) {
  transport_.On("GET", BlobUrl(kContent), FakeAnswer{.body = kContent});
  StringSink sink;
  for (const http::ByteRange& range :
       {http::ByteRange{.first = 0, .length = 4},
        http::ByteRange{.first = 4, .length = 6}}) {
    const absl::Status status = GetPart(range, sink);
    EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  }
  EXPECT_EQ(sink.content(), "");
  EXPECT_EQ(transport_.requests().size(), 2u);
}

TEST_F(RegistryClientTest, APartThatCouldBeLeftOutIsTriedOnce) {
  const std::string url = BlobUrl(kContent);
  transport_.On("GET", url,
                FakeAnswer{.status = 206,
                           .headers = {{"Content-Range", "bytes 2-4/10"}},
                           .ending = absl::UnavailableError("cut")});
  StringSink sink;
  const http::ByteRange range{.first = 2, .length = 3};
  EXPECT_TRUE(absl::IsUnavailable(GetPart(range, sink, /*spare=*/true)));
  EXPECT_EQ(transport_.CountOf("GET", url), 1);
  EXPECT_TRUE(absl::IsUnavailable(GetPart(range, sink)));
  EXPECT_EQ(transport_.CountOf("GET", url), 1 + 5);
}

TEST_F(RegistryClientTest, APartThatWasNotAskedForIsNotAppended) {
  const std::string url = BlobUrl(kContent);
  for (const char* range :
       {"bytes 2-7/10", "bytes 40-45/100", "items 4-9/10", ""}) {
    testing::FakeTransport transport;
    transport.On(
        "GET", url,
        FakeAnswer{.body = "0123", .ending = absl::UnavailableError("cut")});
    transport.On("GET", url,
                 FakeAnswer{.status = 206,
                            .headers = {{"Content-Range", range}},
                            .body = "234567"});
    auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                        &clock_, &credentials_);
    StringSink sink;
    const absl::Status status = client->GetBlob("a", BlobOf(kContent), sink);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument)
        << range << ": " << status;
    EXPECT_EQ(sink.content(), "0123");
  }
}

TEST_F(RegistryClientTest, WrongBytesAreDataLoss) {
  StringSink sink;
  transport_.On("GET", BlobUrl(kContent), FakeAnswer{.body = "012345678x"});
  EXPECT_EQ(client_->GetBlob("a", BlobOf(kContent), sink).code(),
            absl::StatusCode::kDataLoss);
  transport_.On("GET", BlobUrl("short"), FakeAnswer{.body = "shorter"});
  EXPECT_EQ(client_->GetBlob("a", BlobOf("short"), sink).code(),
            absl::StatusCode::kDataLoss);
}

TEST_F(RegistryClientTest, ASinkThatFailsIsNotFedAgain) {
  class FullSink : public ByteSink {
   public:
    absl::Status Write(std::string_view) override {
      return absl::UnavailableError("disk full");
    }
  } sink;
  // However much of it came.
  for (const auto& [content, came] :
       {std::pair(std::string(kContent), size_t{10}),
        std::pair(std::string("not all of it"), size_t{3}),
        std::pair(std::string(2 << 20, 'x'), size_t{2 << 20})}) {
    const std::string url = BlobUrl(content);
    transport_.On("GET", url,
                  FakeAnswer{.body = content.substr(0, came),
                             .ending = absl::UnavailableError("disk full")});
    EXPECT_EQ(client_->GetBlob("a", BlobOf(content), sink).code(),
              absl::StatusCode::kUnavailable);
    EXPECT_EQ(transport_.CountOf("GET", url), 1);
  }
}

TEST_F(RegistryClientTest, PushesAreBegunAnewAfterTrouble) {
  const std::string uploads = kV2 + "a/blobs/uploads/";
  const std::string query = "digest=sha256%3A" + Sha256Of(kContent).hex();
  transport_.On("HEAD", BlobUrl(kContent), FakeAnswer{.status = 404});
  transport_.On("POST", uploads,
                FakeAnswer{.status = 202, .headers = {{"Location", "/u/1"}}});
  transport_.On(
      "POST", uploads,
      FakeAnswer{.status = 202,
                 .headers = {{"Location", "https://quay.io/u/2?state=x"}}});
  transport_.On("PUT", "https://quay.io/u/1?" + query,
                FakeAnswer{.status = 404});
  transport_.On("PUT", "https://quay.io/u/2?state=x&" + query,
                FakeAnswer{.ending = absl::UnavailableError("cut")});
  transport_.On("PUT", "https://quay.io/u/2?state=x&" + query,
                FakeAnswer{.status = 201});
  const auto pushed = Push();
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(*pushed, 10);
  EXPECT_EQ(transport_.CountOf("POST", uploads), 3);
  EXPECT_EQ(transport_.requests().back().body, kContent);
}

TEST_F(RegistryClientTest, APushThatBrokeGoesOnWhereItBroke) {
  const std::string content(3 << 20, 'x');
  const std::string query = "digest=sha256%3A" + Sha256Of(content).hex();
  const std::string url = "https://quay.io/u/1";
  transport_.On("HEAD", BlobUrl(content), FakeAnswer{.status = 404});
  transport_.On("POST", kV2 + "a/blobs/uploads/",
                FakeAnswer{.status = 202, .headers = {{"Location", url}}});
  transport_.On("PUT", url + "?" + query,
                FakeAnswer{.ending = absl::UnavailableError("cut")});
  transport_.On("GET", url,
                FakeAnswer{.status = 204,
                           .headers = {{"Range", "0-2097151"},
                                       {"Location", "/u/1?state=2"}}});
  transport_.On(
      "PATCH", url + "?state=2",
      FakeAnswer{.status = 202, .headers = {{"Location", "/u/1?state=3"}}});
  transport_.On("PUT", url + "?state=3&" + query, FakeAnswer{.status = 201});

  const auto pushed = client_->PutBlob(
      "a", BlobOf(content),
      [&content](int64_t offset) { return SourceOfString(content, offset); });
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  const auto requests = transport_.requests();
  const http::Request& patch = requests[requests.size() - 2];
  EXPECT_EQ(patch.method, "PATCH");
  EXPECT_EQ(patch.body.size(), 1u << 20);
  EXPECT_EQ(HeaderOf(patch, "Content-Range"), "2097152-3145727");
  EXPECT_EQ(requests.back().body, "");
}

TEST_F(RegistryClientTest, APushGoesOnOnlyWhereTheRegistryHasEnoughOfIt) {
  const std::string content(3 << 20, 'x');
  const std::string url = "https://quay.io/u/1";
  const std::string put = url + "?digest=sha256%3A" + Sha256Of(content).hex();
  struct Case {
    const char* range;
    int uploads;
    int patches;
  };
  for (const auto& [range, uploads, patches] :
       {Case{"0-1048575", 1, 1}, Case{"bytes=0-2097151", 1, 1},
        // It has all of it, and only wants its digest.
        Case{"0-3145727", 1, 0},
        // Less than a MiB, more than there is, and no beginning.
        Case{"0-1048574", 2, 0}, Case{"0-3145728", 2, 0},
        Case{"1-2097151", 2, 0}, Case{"0--1", 2, 0}}) {
    testing::FakeTransport transport;
    transport.On("HEAD", BlobUrl(content), FakeAnswer{.status = 404});
    transport.On("POST", kV2 + "a/blobs/uploads/",
                 FakeAnswer{.status = 202, .headers = {{"Location", url}}});
    transport.On("PUT", put,
                 FakeAnswer{.ending = absl::UnavailableError("cut")});
    transport.On("GET", url,
                 FakeAnswer{.status = 204, .headers = {{"Range", range}}});
    transport.On("PATCH", url, FakeAnswer{.status = 202});
    transport.On("PUT", put, FakeAnswer{.status = 201});
    auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                        &clock_, &credentials_);
    const auto pushed = client->PutBlob(
        "a", BlobOf(content),
        [&content](int64_t offset) { return SourceOfString(content, offset); });
    EXPECT_TRUE(pushed.ok()) << range << ": " << pushed.status();
    EXPECT_EQ(transport.CountOf("POST", kV2 + "a/blobs/uploads/"), uploads)
        << range;
    EXPECT_EQ(transport.CountOf("PATCH", url), patches) << range;
    EXPECT_EQ(transport.requests().back().body.size(),
              uploads == 1 ? 0 : content.size())
        << range;
  }
}

// A slow line breaks more often than any number of tries in a row.
TEST_F(RegistryClientTest, APushGoesOnWhileEachTryBringsSomething) {
  constexpr int64_t kBroughtByEach = 2 << 20;
  const std::string content(7 * kBroughtByEach, 'x');
  const std::string url = "https://quay.io/u/1";
  const std::string end = url + "?digest=sha256%3A" + Sha256Of(content).hex();
  int64_t received = 0;
  transport_.On("HEAD", BlobUrl(content), FakeAnswer{.status = 404});
  transport_.On("POST", kV2 + "a/blobs/uploads/",
                FakeAnswer{.status = 202, .headers = {{"Location", url}}});
  transport_.On("GET", url, [&](const http::Request&) {
    return FakeAnswer{
        .status = 204,
        .headers = {{"Range", "0-" + std::to_string(received - 1)}}};
  });
  const auto break_off = [&](const http::Request&) {
    received += kBroughtByEach;
    return FakeAnswer{.status = 202,
                      .ending = received < 7 * kBroughtByEach
                                    ? absl::UnavailableError("cut")
                                    : absl::OkStatus()};
  };
  transport_.On("PUT", end, break_off);
  transport_.On("PUT", end, FakeAnswer{.status = 201});
  transport_.On("PATCH", url, break_off);

  const auto pushed = client_->PutBlob(
      "a", BlobOf(content),
      [&content](int64_t offset) { return SourceOfString(content, offset); });
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(transport_.CountOf("PATCH", url), 6);
  EXPECT_EQ(transport_.CountOf("POST", kV2 + "a/blobs/uploads/"), 1);
}

TEST_F(RegistryClientTest, APushIsBegunAnewWhereTheRegistryForgotIt) {
  const std::string content(3 << 20, 'x');
  const std::string query = "digest=sha256%3A" + Sha256Of(content).hex();
  transport_.On("HEAD", BlobUrl(content), FakeAnswer{.status = 404});
  transport_.On("POST", kV2 + "a/blobs/uploads/",
                FakeAnswer{.status = 202, .headers = {{"Location", "/u/1"}}});
  transport_.On("POST", kV2 + "a/blobs/uploads/",
                FakeAnswer{.status = 202, .headers = {{"Location", "/u/2"}}});
  transport_.On("PUT", "https://quay.io/u/1?" + query,
                FakeAnswer{.ending = absl::UnavailableError("cut")});
  transport_.On("GET", "https://quay.io/u/1", FakeAnswer{.status = 404});
  transport_.On("PUT", "https://quay.io/u/2?" + query,
                FakeAnswer{.status = 201});
  const auto pushed = client_->PutBlob(
      "a", BlobOf(content),
      [&content](int64_t offset) { return SourceOfString(content, offset); });
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(transport_.requests().back().body.size(), content.size());
}

TEST_F(RegistryClientTest, APushIsBegunAnewWhereTheRegistryHasOtherBytes) {
  const std::string content(3 << 20, 'x');
  const std::string query = "digest=sha256%3A" + Sha256Of(content).hex();
  for (const int refusal : {416, 404}) {
    testing::FakeTransport transport;
    transport.On("HEAD", BlobUrl(content), FakeAnswer{.status = 404});
    transport.On("POST", kV2 + "a/blobs/uploads/",
                 FakeAnswer{.status = 202, .headers = {{"Location", "/u/1"}}});
    transport.On("POST", kV2 + "a/blobs/uploads/",
                 FakeAnswer{.status = 202, .headers = {{"Location", "/u/2"}}});
    transport.On("PUT", "https://quay.io/u/1?" + query,
                 FakeAnswer{.ending = absl::UnavailableError("cut")});
    transport.On(
        "GET", "https://quay.io/u/1",
        FakeAnswer{.status = 204, .headers = {{"Range", "0-2097151"}}});
    transport.On("PATCH", "https://quay.io/u/1", FakeAnswer{.status = refusal});
    transport.On("GET", "https://quay.io/u/1", FakeAnswer{.status = 404});
    transport.On("PUT", "https://quay.io/u/2?" + query,
                 FakeAnswer{.status = 201});
    auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                        &clock_, &credentials_);
    const auto pushed = client->PutBlob(
        "a", BlobOf(content),
        [&content](int64_t offset) { return SourceOfString(content, offset); });
    ASSERT_TRUE(pushed.ok()) << refusal << ": " << pushed.status();
    EXPECT_EQ(transport.CountOf("PATCH", "https://quay.io/u/1"), 1);
    EXPECT_EQ(transport.requests().back().body.size(), content.size());
  }
}

TEST_F(RegistryClientTest, APushWaitsForWhatTheRegistryAsksFor) {
  transport_.On("HEAD", BlobUrl(kContent), FakeAnswer{.status = 404});
  transport_.On("POST", kV2 + "a/blobs/uploads/",
                FakeAnswer{.status = 429, .headers = {{"Retry-After", "17"}}});
  transport_.On(
      "POST", kV2 + "a/blobs/uploads/",
      FakeAnswer{.status = 429, .headers = {{"Retry-After", "3600"}}});
  const absl::Time start = clock_.Now();
  const absl::Status status = Push().status();
  EXPECT_EQ(clock_.Now() - start, absl::Seconds(17));
  // An hour is for the coordinator to wait, not for this call.
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_TRUE(IsRateLimited(status));
  EXPECT_EQ(RetryDelay(status), absl::Hours(1));
}

TEST_F(RegistryClientTest, APushWhoseAnswerGotLostIsFound) {
  transport_.On("HEAD", BlobUrl(kContent), FakeAnswer{.status = 404});
  transport_.On("HEAD", BlobUrl(kContent), FakeAnswer{});
  transport_.On("POST", kV2 + "a/blobs/uploads/",
                FakeAnswer{.status = 202, .headers = {{"Location", "/u/1"}}});
  const std::string put =
      "https://quay.io/u/1?digest=sha256%3A" + Sha256Of(kContent).hex();
  transport_.On("PUT", put,
                FakeAnswer{.ending = absl::UnavailableError("cut")});
  EXPECT_TRUE(Push().ok());
  EXPECT_EQ(transport_.CountOf("PUT", put), 1);
}

TEST_F(RegistryClientTest, AMountThatBecomesAnUploadIsGivenUp) {
  transport_.On("POST",
                kV2 + "a/blobs/uploads/?mount=sha256%3A" +
                    Sha256Of(kContent).hex() + "&from=b%2Fc",
                FakeAnswer{.status = 202, .headers = {{"Location", "/u/1"}}});
  const auto mounted = client_->MountBlob("a", Sha256Of(kContent), "b/c");
  ASSERT_TRUE(mounted.ok()) << mounted.status();
  EXPECT_EQ(*mounted, false);
  EXPECT_EQ(transport_.CountOf("DELETE", "https://quay.io/u/1"), 1);
}

TEST_F(RegistryClientTest, AMountThatMayNotBeIsNoError) {
  const std::string url = kV2 + "a/blobs/uploads/?mount=sha256%3A" +
                          Sha256Of(kContent).hex() + "&from=b%2Fc";
  const auto mount = [&](int status) {
    testing::FakeTransport transport;
    transport.On("POST", url, FakeAnswer{.status = status});
    auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                        &clock_, &credentials_);
    return client->MountBlob("a", Sha256Of(kContent), "b/c");
  };
  EXPECT_EQ(mount(201).value_or(false), true);
  for (const int status : {400, 403, 404, 405}) {
    const auto mounted = mount(status);
    ASSERT_TRUE(mounted.ok()) << mounted.status();
    EXPECT_FALSE(*mounted) << status;
  }
}

TEST_F(RegistryClientTest, ARegistryThatAsksForLessIsNotSentTheBytesInstead) {
  const std::string url = kV2 + "a/blobs/uploads/?mount=sha256%3A" +
                          Sha256Of(kContent).hex() + "&from=b%2Fc";
  transport_.On("POST", url, FakeAnswer{.status = 429});
  EXPECT_TRUE(absl::IsResourceExhausted(
      client_->MountBlob("a", Sha256Of(kContent), "b/c").status()));
}

TEST_F(RegistryClientTest, UploadsDoNotFallBackToPlainHttp) {
  transport_.On("HEAD", BlobUrl(kContent), FakeAnswer{.status = 404});
  transport_.On(
      "POST", kV2 + "a/blobs/uploads/",
      FakeAnswer{.status = 202, .headers = {{"Location", "http://quay.io/u"}}});
  EXPECT_EQ(Push().status().code(), absl::StatusCode::kPermissionDenied);
}

TEST_F(RegistryClientTest, WhatARegistrySaysIsShownInWhateverShape) {
  const std::string begin = "pulling manifest v1 of a: quay.io answers 400";
  for (const auto& [body, shown] :
       {std::pair("", ""), std::pair("busy", " (busy)"),
        std::pair(R"({"message":"no list"})", " (no list)"),
        std::pair(R"({"errors":{"code":"X"},"message":"odd"})", " (odd)"),
        std::pair(R"({"errors":[{"message":"words"}]})", " (words)"),
        std::pair(R"({"errors":[{"code":"A","message":"b","detail":"c"}]})",
                  " (A: b: c)"),
        // A list without an end is shown from its beginning.
        std::pair(R"({"errors":[{"code":"A"},{"code":"B"},{"code":"C"},)"
                  R"({"code":"D"}]})",
                  " (A; B; C)")}) {
    testing::FakeTransport transport;
    transport.On("GET", kV2 + "a/manifests/v1",
                 FakeAnswer{.status = 400, .body = body});
    auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                        &clock_, &credentials_);
    EXPECT_EQ(client->GetManifest("a", "v1").status().message(), begin + shown);
  }
}

TEST_F(RegistryClientTest, ARegistryThatIsSilentIsOutOfReach) {
  transport_.On("GET", kV2 + "a/manifests/v1",
                FakeAnswer{.ending = absl::DeadlineExceededError("silent")});
  const absl::Status status = client_->GetManifest("a", "v1").status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(status.message(), "pulling manifest v1 of a: silent");
}

TEST_F(RegistryClientTest, ErrorsSayWhatTheRegistrySaidAndWhatToDo) {
  const std::string body =
      R"({"errors":[{"code":"DENIED","message":"not you","detail":{"x":1}}]})";
  const auto status_of = [&](int status) {
    testing::FakeTransport transport;
    transport.On("GET", kV2 + "a/manifests/v1",
                 FakeAnswer{.status = status,
                            .headers = {{"Retry-After", "30"}},
                            .body = body});
    auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                        &clock_, &credentials_);
    return client->GetManifest("a", "v1").status();
  };
  EXPECT_EQ(status_of(404).code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status_of(403).code(), absl::StatusCode::kPermissionDenied);
  EXPECT_EQ(status_of(503).code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(status_of(429).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(std::string(status_of(429).message()).find("Retry-After: 30"),
            std::string::npos);
  const absl::Status refused = status_of(401);
  EXPECT_EQ(refused.code(), absl::StatusCode::kUnauthenticated);
  for (const char* part : {"skopeo login quay.io", "not you", "v1", "DENIED"}) {
    EXPECT_NE(std::string(refused.message()).find(part), std::string::npos)
        << refused;
  }
}

}  // namespace
}  // namespace kso::oci

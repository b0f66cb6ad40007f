// SPDX-License-Identifier: Apache-2.0
// Tests pushes to scripted registries that bound requests, have replicas that
// lag behind, or tags that must not change.

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "common/oci/media_types.h"
#include "common/oci/registry/registry_client.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"

namespace kso::oci {
namespace {

using ::kso::testing::FakeAnswer;
using ::kso::testing::HeaderOf;

constexpr char kUploads[] = "https://quay.io/v2/a/blobs/uploads/";
constexpr char kUpload[] = "https://quay.io/u/1";
constexpr char kTagged[] = "https://quay.io/v2/a/manifests/v1";

std::string ErrorOf(const std::string& code) {
  return R"({"errors":[{"code":")" + code + R"("}]})";
}

FakeAnswer Refusal(int status, const std::string& code) {
  return {.status = status, .body = ErrorOf(code)};
}

class RegistryPushTest : public ::testing::Test {
 protected:
  RegistryPushTest() {
    clock_.AdvanceByItself();
    client_ = Make();
  }

  std::unique_ptr<ImageStore> Make() {
    return *CreateRegistryClient(
        {.host = "quay.io", .shared = {.upload_traits = traits_}}, &transport_,
        &clock_, &credentials_);
  }

  // A registry behind a proxy that takes requests of at most so many bytes.
  void Bound(int64_t most, http::Headers opened = {}) {
    opened.emplace_back("Location", "/u/1");
    transport_.On("HEAD", BlobUrl(), FakeAnswer{.status = 404});
    transport_.On("POST", kUploads,
                  FakeAnswer{.status = 202, .headers = opened});
    transport_.On("GET", kUpload, FakeAnswer{.status = 404});
    transport_.On("PATCH", kUpload, [this, most](const http::Request& request) {
      if (request.body_size > most) return FakeAnswer{.status = 413};
      ranges_.push_back(HeaderOf(request, "Content-Range"));
      received_ += request.body;
      return FakeAnswer{.status = 202};
    });
    transport_.On("PUT", PutUrl(), [this, most](const http::Request& request) {
      if (request.body_size > most) return FakeAnswer{.status = 413};
      if (request.body_size > 0) received_ = request.body;
      return FakeAnswer{.status = 201};
    });
  }

  std::string BlobUrl() const {
    return "https://quay.io/v2/a/blobs/" + Sha256Of(content_).ToString();
  }
  std::string PutUrl() const {
    return std::string(kUpload) + "?digest=sha256%3A" +
           Sha256Of(content_).hex();
  }

  absl::StatusOr<int64_t> Push(ImageStore& client) {
    v1::Descriptor blob;
    blob.set_digest(Sha256Of(content_).ToString());
    blob.set_size(static_cast<int64_t>(content_.size()));
    return client.PutBlob("a", blob, [this](int64_t offset) {
      return SourceOfString(content_, offset);
    });
  }

  static v1::Document Manifest() {
    v1::Document manifest;
    manifest.set_content(R"({"schemaVersion":2,"config":{"digest":")" +
                         Sha256Of("").ToString() +
                         R"(","size":0},"layers":[]})");
    v1::Descriptor& descriptor = *manifest.mutable_content_descriptor();
    descriptor.set_media_type(std::string(kOciManifest));
    descriptor.set_digest(Sha256Of(manifest.content()).ToString());
    descriptor.set_size(static_cast<int64_t>(manifest.content().size()));
    return manifest;
  }

  // Answers a HEAD of the tag.
  void TagIs(const std::string& content) {
    transport_.On(
        "HEAD", kTagged,
        FakeAnswer{
            .headers = {
                {"Content-Type", std::string(kOciManifest)},
                {"Content-Length", std::to_string(content.size())},
                {"Docker-Content-Digest", Sha256Of(content).ToString()}}});
  }

  std::string content_ = std::string(3 << 20, 'x') + "end";
  testing::FakeClock clock_;
  testing::FakeTransport transport_;
  Credentials credentials_;
  std::shared_ptr<UploadTraits> traits_ = std::make_shared<UploadTraits>();
  std::unique_ptr<ImageStore> client_;
  std::vector<std::string> ranges_;
  std::string received_;
};

TEST_F(RegistryPushTest, ARepositoryThatIsNotMadeIsTheSameErrorForAllBlobs) {
  transport_.On("POST", kUploads, Refusal(404, "NAME_UNKNOWN"));
  std::vector<std::string> messages;
  for (const char* content : {"one", "another"}) {
    content_ = content;
    transport_.On("HEAD", BlobUrl(), FakeAnswer{.status = 404});
    const absl::Status status = Push(*client_).status();
    EXPECT_TRUE(absl::IsNotFound(status)) << status;
    messages.emplace_back(status.message());
  }
  EXPECT_EQ(messages[0], messages[1]);
  EXPECT_EQ(transport_.CountOf("POST", kUploads), 2) << "it is not tried again";
}

TEST_F(RegistryPushTest, WhatAProxyFindsTooLargeGoesInChunks) {
  Bound(1 << 20);
  const auto pushed = Push(*client_);
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(received_, content_);
  EXPECT_EQ(ranges_,
            (std::vector<std::string>{"0-786432", "786433-1572865",
                                      "1572866-2359298", "2359299-3145730"}));
}

// Each of the sizes on the way is a try of its own.
TEST_F(RegistryPushTest, TheLeastBoundOfAProxyIsFoundForTheLargestBlob) {
  content_.resize((65 << 20) + 1, 'y');
  Bound(300'000);
  const auto pushed = Push(*client_);
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(received_, content_);
}

TEST_F(RegistryPushTest, TheBoundOfAProxyIsRemembered) {
  Bound(1 << 20);
  ASSERT_TRUE(Push(*client_).ok());
  const int puts = transport_.CountOf("PUT", PutUrl());
  received_.clear();
  const auto pushed = Push(*Make());
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(received_, content_);
  EXPECT_EQ(transport_.CountOf("PUT", PutUrl()), puts + 1)
      << "no request is refused again";
}

TEST_F(RegistryPushTest, WhatFitsIsNotCut) {
  Bound(64 << 20);
  ASSERT_TRUE(Push(*client_).ok());
  EXPECT_TRUE(ranges_.empty());
}

TEST_F(RegistryPushTest, ChunksAreNoShorterThanTheRegistryTakes) {
  Bound(1 << 20, {{"OCI-Chunk-Min-Length", "5242880"}});
  content_.append(8 << 20, 'y');
  transport_.On("HEAD", BlobUrl(), FakeAnswer{.status = 404});
  transport_.On("PUT", PutUrl(), FakeAnswer{.status = 413});
  const absl::Status status = Push(*client_).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "client_max_body_size"))
      << status;
  EXPECT_TRUE(ranges_.empty());
}

TEST_F(RegistryPushTest, ChunksMayBeAsLongAsTheRegistryWantsWhereTheyPass) {
  content_.append(8 << 20, 'y');
  Bound(6 << 20, {{"OCI-Chunk-Min-Length", "5242880"}});
  const auto pushed = Push(*client_);
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(received_, content_);
  EXPECT_EQ(ranges_.front(), "0-5242879");
}

TEST_F(RegistryPushTest, OnlyTheLastChunkMayBeShorterThanTheRegistryWants) {
  // Two even chunks would both be too short.
  content_ = std::string((1 << 20) + 1, 'x');
  Bound(1 << 20, {{"OCI-Chunk-Min-Length", "1000000"}});
  const auto pushed = Push(*client_);
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(ranges_,
            (std::vector<std::string>{"0-1048575", "1048576-1048576"}));
}

TEST_F(RegistryPushTest, AProxyThatTakesNothingIsNamed) {
  Bound(1000);
  const absl::Status status = Push(*client_).status();
  EXPECT_TRUE(absl::IsInvalidArgument(status)) << status;
  EXPECT_TRUE(absl::StrContains(status.message(), "client_max_body_size"))
      << status;
}

TEST_F(RegistryPushTest, AReplicaThatDoesNotKnowTheUploadIsAskedAgain) {
  for (const auto& [status, code] :
       {std::pair(400, "BLOB_UPLOAD_INVALID"),
        std::pair(404, "BLOB_UPLOAD_UNKNOWN"), std::pair(400, "BLOB_UNKNOWN"),
        std::pair(400, "DIGEST_INVALID")}) {
    testing::FakeTransport transport;
    transport.On("HEAD", BlobUrl(), FakeAnswer{.status = 404});
    transport.On("POST", kUploads,
                 FakeAnswer{.status = 202, .headers = {{"Location", "/u/1"}}});
    transport.On("GET", kUpload, FakeAnswer{.status = 404});
    transport.On("PUT", PutUrl(), Refusal(status, code));
    transport.On("PUT", PutUrl(), FakeAnswer{.status = 201});
    const auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                              &clock_, &credentials_);
    EXPECT_TRUE(Push(*client).ok()) << code;
  }
}

TEST_F(RegistryPushTest, BytesThatAreRefusedTwiceAreAnError) {
  Bound(64 << 20);
  testing::FakeTransport transport;
  transport.On("HEAD", BlobUrl(), FakeAnswer{.status = 404});
  transport.On("POST", kUploads,
               FakeAnswer{.status = 202, .headers = {{"Location", "/u/1"}}});
  transport.On("GET", kUpload, FakeAnswer{.status = 404});
  transport.On("PUT", PutUrl(), Refusal(400, "DIGEST_INVALID"));
  const auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                            &clock_, &credentials_);
  EXPECT_TRUE(absl::IsInvalidArgument(Push(*client).status()));
  EXPECT_EQ(transport.CountOf("PUT", PutUrl()), 2);
}

TEST_F(RegistryPushTest, TheLastRequestOfAnUploadMayBeSilentForLong) {
  Bound(64 << 20);
  ASSERT_TRUE(Push(*client_).ok());
  EXPECT_GE(transport_.requests().back().transfer.answer_timeout.value_or(
                absl::ZeroDuration()),
            absl::Minutes(10));
}

TEST_F(RegistryPushTest, AManifestWhoseBlobsAReplicaDoesNotSeeYetIsPutAgain) {
  for (const int status : {400, 404}) {
    for (const char* code :
         {"MANIFEST_BLOB_UNKNOWN", "BLOB_UNKNOWN", "MANIFEST_UNKNOWN"}) {
      testing::FakeTransport transport;
      transport.On("HEAD", kTagged, FakeAnswer{.status = 404});
      transport.On("GET", kTagged, FakeAnswer{.status = 404});
      for (int i = 0; i < 5; ++i) {
        transport.On("PUT", kTagged, Refusal(status, code));
      }
      transport.On("PUT", kTagged, FakeAnswer{.status = 201});
      const auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                                &clock_, &credentials_);
      const absl::Status put = client->PutManifest("a", Manifest(), "v1");
      EXPECT_TRUE(put.ok()) << put;
    }
  }
}

TEST_F(RegistryPushTest, ABlobThatStaysUnknownIsAnErrorInTime) {
  transport_.On("HEAD", kTagged, FakeAnswer{.status = 404});
  transport_.On("GET", kTagged, FakeAnswer{.status = 404});
  transport_.On("PUT", kTagged, Refusal(400, "MANIFEST_BLOB_UNKNOWN"));
  const absl::Time begun = clock_.Now();
  const absl::Status put = client_->PutManifest("a", Manifest(), "v1");
  EXPECT_TRUE(absl::IsInvalidArgument(put)) << put;
  EXPECT_GE(clock_.Now() - begun, absl::Seconds(10));
  EXPECT_LE(clock_.Now() - begun, absl::Seconds(40));
}

TEST_F(RegistryPushTest, AnotherRefusalOfAManifestIsFinalAtOnce) {
  transport_.On("HEAD", kTagged, FakeAnswer{.status = 404});
  transport_.On("GET", kTagged, FakeAnswer{.status = 404});
  transport_.On("PUT", kTagged, Refusal(400, "MANIFEST_INVALID"));
  EXPECT_TRUE(
      absl::IsInvalidArgument(client_->PutManifest("a", Manifest(), "v1")));
  EXPECT_EQ(transport_.CountOf("PUT", kTagged), 1);
}

TEST_F(RegistryPushTest, AnImmutableTagThatIsRightIsDone) {
  for (const auto& [status, code] :
       {std::pair(400, "TAG_INVALID"), std::pair(403, "DENIED"),
        std::pair(405, "UNSUPPORTED"), std::pair(409, "CONFLICT"),
        std::pair(412, "PRECONDITION"), std::pair(400, "MANIFEST_INVALID")}) {
    testing::FakeTransport transport;
    const std::string content = Manifest().content();
    transport.On("PUT", kTagged, Refusal(status, code));
    transport.On("HEAD", kTagged, FakeAnswer{.status = 404});
    transport.On(
        "GET", kTagged,
        FakeAnswer{.headers = {{"Content-Type", std::string(kOciManifest)}},
                   .body = content});
    const auto client = *CreateRegistryClient({.host = "quay.io"}, &transport,
                                              &clock_, &credentials_);
    const absl::Status put = client->PutManifest("a", Manifest(), "v1");
    EXPECT_TRUE(put.ok()) << status << put;
  }
}

TEST_F(RegistryPushTest, AnImmutableTagThatIsAnotherImageIsAnError) {
  TagIs("another");
  transport_.On("PUT", kTagged, Refusal(412, "TAG_INVALID"));
  const absl::Status put = client_->PutManifest("a", Manifest(), "v1");
  EXPECT_TRUE(absl::IsInvalidArgument(put)) << put;
  EXPECT_TRUE(absl::StrContains(put.message(), "TAG_INVALID")) << put;
}

}  // namespace
}  // namespace kso::oci

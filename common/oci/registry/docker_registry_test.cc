// SPDX-License-Identifier: Apache-2.0
// The registry client against a real registry.

#include "tests/fakes/docker_registry.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/bytes/sinks.h"
#include "common/http/transport.h"
#include "common/oci/media_types.h"
#include "common/oci/registry/registry_client.h"

namespace kso::oci {
namespace {

using ::kso::testing::DockerRegistry;

constexpr char kRepository[] = "team/app";

v1::Descriptor DescriptorOf(const std::string& content,
                            std::string_view media_type) {
  v1::Descriptor descriptor;
  descriptor.set_media_type(std::string(media_type));
  descriptor.set_digest(Sha256Of(content).ToString());
  descriptor.set_size(static_cast<int64_t>(content.size()));
  return descriptor;
}

OpenSource SourceOf(const std::string& content) {
  return [&content](int64_t offset) { return SourceOfString(content, offset); };
}

std::string LongContent() {
  std::string content;
  for (int i = 0; content.size() < (8 << 20); ++i) content += std::to_string(i);
  return content;
}

class DockerRegistryTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    auto registry = DockerRegistry::Start();
    ASSERT_TRUE(registry.ok()) << registry.status();
    registry_ = registry->release();
  }
  static void TearDownTestSuite() {
    delete registry_;
    registry_ = nullptr;
  }

  void SetUp() override {
    transport_ = *http::CreateCurlTransport();
    client_ = *CreateRegistryClient({.host = registry_->host()},
                                    transport_.get(), Clock::Real(), &nobody_);
  }

  // Returns the bytes that the registry gives for the digest of `content`.
  std::string Stored(std::string_view repository, const std::string& content) {
    StringSink sink;
    const absl::Status status =
        client_->GetBlob(repository, DescriptorOf(content, kOciLayerTar), sink);
    return status.ok() ? sink.content() : status.ToString();
  }

  static DockerRegistry* registry_;
  const Credentials nobody_;
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<ImageStore> client_;
};

DockerRegistry* DockerRegistryTest::registry_ = nullptr;

TEST_F(DockerRegistryTest, PushesAndPullsBlobs) {
  const std::string content(5 << 20, 'b');
  const v1::Descriptor blob = DescriptorOf(content, kOciLayerTar);
  const Digest digest = *Digest::Parse(blob.digest());
  EXPECT_EQ(*client_->HasBlob(kRepository, digest), false);

  const auto pushed = client_->PutBlob(kRepository, blob, SourceOf(content));
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(*pushed, static_cast<int64_t>(content.size()));
  EXPECT_EQ(*client_->HasBlob(kRepository, digest), true);
  // A blob that is there does not move again.
  EXPECT_EQ(*client_->PutBlob(kRepository, blob, SourceOf(content)), 0);

  StringSink whole;
  const absl::Status pulled = client_->GetBlob(kRepository, blob, whole);
  ASSERT_TRUE(pulled.ok()) << pulled;
  EXPECT_EQ(whole.content(), content);
  StringSink tail;
  ASSERT_TRUE(client_->GetBlob(kRepository, blob, tail, 5 << 19).ok());
  EXPECT_EQ(tail.content().size(), content.size() - (5 << 19));
}

// A source that ends after `bytes` as a broken connection would.
class BrokenSource : public ByteSource {
 public:
  BrokenSource(std::unique_ptr<ByteSource> next, int64_t bytes)
      : next_(std::move(next)), left_(bytes) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    if (left_ == 0) return absl::UnavailableError("cut");
    const auto count = next_->Read(buffer, std::min<int64_t>(size, left_));
    if (count.ok()) left_ -= static_cast<int64_t>(*count);
    return count;
  }

 private:
  const std::unique_ptr<ByteSource> next_;
  int64_t left_;
};

TEST_F(DockerRegistryTest, APushThatBrokeIsFinished) {
  const std::string content = LongContent();
  const v1::Descriptor blob = DescriptorOf(content, kOciLayerTar);
  std::vector<int64_t> opened;
  const auto open =
      [&](int64_t offset) -> absl::StatusOr<std::unique_ptr<ByteSource>> {
    opened.push_back(offset);
    std::unique_ptr<ByteSource> source = SourceOfString(content, offset);
    if (opened.size() > 1) return source;
    return std::make_unique<BrokenSource>(std::move(source), 5 << 20);
  };
  const auto pushed = client_->PutBlob(kRepository, blob, open);
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  // Distribution does not take up an upload whose request broke in mid-body:
  // what counts is that it is begun anew then.
  EXPECT_EQ(opened.size(), 2u);
  StringSink sink;
  EXPECT_TRUE(client_->GetBlob(kRepository, blob, sink).ok());
  EXPECT_EQ(sink.content(), content);
}

// Writes `content` in pieces, as one that makes it would.
absl::StatusOr<WrittenBlob> WriteInPieces(const std::string& content,
                                          ByteSink& sink) {
  constexpr size_t kPiece = 100'000;
  for (size_t at = 0; at < content.size(); at += kPiece) {
    KSO_RETURN_IF_ERROR(
        sink.Write(std::string_view(content).substr(at, kPiece)));
  }
  return WrittenBlob{Sha256Of(content), static_cast<int64_t>(content.size())};
}

TEST_F(DockerRegistryTest, StreamsABlobWhoseDigestIsKnownAtItsEnd) {
  const std::string content = LongContent();
  const auto pushed = client_->PutStream(
      "stream/a", [&](ByteSink& sink) { return WriteInPieces(content, sink); });
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(*pushed, static_cast<int64_t>(content.size()));
  EXPECT_EQ(Stored("stream/a", content), content);
}

TEST_F(DockerRegistryTest, AStreamThatBrokeIsFinished) {
  const std::string content = LongContent();
  int written = 0;
  const auto pushed = client_->PutStream(
      "stream/b", [&](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
        if (++written > 1) return WriteInPieces(content, sink);
        KSO_RETURN_IF_ERROR(sink.Write(content.substr(0, 5 << 20)));
        return absl::UnavailableError("cut");
      });
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  EXPECT_EQ(written, 2);
  EXPECT_EQ(Stored("stream/b", content), content);
}

TEST_F(DockerRegistryTest, AStreamWhoseWriterFailsIsNoBlob) {
  const std::string content = LongContent();
  const auto pushed = client_->PutStream(
      "stream/c", [&](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
        KSO_RETURN_IF_ERROR(WriteInPieces(content, sink).status());
        return absl::DataLossError("rotten at its end");
      });
  EXPECT_TRUE(absl::IsDataLoss(pushed.status())) << pushed.status();
  EXPECT_EQ(*client_->HasBlob("stream/c", Sha256Of(content)), false);
}

TEST_F(DockerRegistryTest, AStreamWithAnotherDigestIsRefused) {
  const std::string content = LongContent();
  const auto pushed = client_->PutStream(
      "stream/d", [&](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
        KSO_RETURN_IF_ERROR(WriteInPieces(content, sink).status());
        return WrittenBlob{Sha256Of("other"),
                           static_cast<int64_t>(content.size())};
      });
  EXPECT_TRUE(absl::IsInvalidArgument(pushed.status())) << pushed.status();
  EXPECT_EQ(*client_->HasBlob("stream/d", Sha256Of(content)), false);
}

TEST_F(DockerRegistryTest, ANewRepositoryHasAnEmptyBlob) {
  const std::string content;
  const v1::Descriptor blob = DescriptorOf(content, kOciLayerTar);
  const auto pushed = client_->PutBlob("other", blob, SourceOf(content));
  ASSERT_TRUE(pushed.ok()) << pushed.status();
  StringSink sink;
  EXPECT_TRUE(client_->GetBlob("other", blob, sink).ok());
}

TEST_F(DockerRegistryTest, MountsABlobOfAnotherRepository) {
  const std::string content = "shared";
  const v1::Descriptor blob = DescriptorOf(content, kOciLayerTar);
  const Digest digest = *Digest::Parse(blob.digest());
  EXPECT_EQ(*client_->MountBlob("mount/to", digest, "mount/from"), false);
  ASSERT_TRUE(client_->PutBlob("mount/from", blob, SourceOf(content)).ok());
  EXPECT_EQ(*client_->HasBlob("mount/to", digest), false);
  EXPECT_EQ(*client_->MountBlob("mount/to", digest, "mount/from"), true);
  EXPECT_EQ(*client_->HasBlob("mount/to", digest), true);
}

TEST_F(DockerRegistryTest, ABlobThatIsNotWhatItSaysIsRefused) {
  const std::string content = "real";
  const std::string other = "fake";
  const absl::Status status =
      client_
          ->PutBlob(kRepository, DescriptorOf(content, kOciLayerTar),
                    SourceOf(other))
          .status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << status;
  EXPECT_NE(std::string(status.message()).find("DIGEST_INVALID"),
            std::string::npos)
      << status;
}

TEST_F(DockerRegistryTest, PushesAndPullsManifests) {
  const std::string config = "{}";
  const v1::Descriptor blob = DescriptorOf(config, kOciConfig);
  ASSERT_TRUE(client_->PutBlob(kRepository, blob, SourceOf(config)).ok());
  v1::Document manifest;
  manifest.set_content(
      R"({"schemaVersion":2,"mediaType":")" + std::string(kOciManifest) +
      R"(","config":{"mediaType":")" + std::string(kOciConfig) +
      R"(","digest":")" + blob.digest() + R"(","size":2},"layers":[]})");
  *manifest.mutable_content_descriptor() =
      DescriptorOf(manifest.content(), kOciManifest);
  const std::string& digest = manifest.content_descriptor().digest();

  absl::Status pushed = client_->PutManifest(kRepository, manifest, "");
  ASSERT_TRUE(pushed.ok()) << pushed;
  EXPECT_EQ(client_->HeadManifest(kRepository, "v1").status().code(),
            absl::StatusCode::kNotFound);
  pushed = client_->PutManifest(kRepository, manifest, "v1");
  ASSERT_TRUE(pushed.ok()) << pushed;

  for (const std::string& reference : {std::string("v1"), digest}) {
    const auto head = client_->HeadManifest(kRepository, reference);
    ASSERT_TRUE(head.ok()) << head.status();
    EXPECT_EQ(head->SerializeAsString(),
              manifest.content_descriptor().SerializeAsString());
    const auto document = client_->GetManifest(kRepository, reference);
    ASSERT_TRUE(document.ok()) << document.status();
    EXPECT_EQ(document->content(), manifest.content());
    EXPECT_EQ(document->content_descriptor().media_type(), kOciManifest);
  }
}

TEST_F(DockerRegistryTest, WhatIsMissingIsNamed) {
  const absl::Status manifest = client_->GetManifest("no/such", "v1").status();
  EXPECT_EQ(manifest.code(), absl::StatusCode::kNotFound) << manifest;
  EXPECT_NE(std::string(manifest.message()).find("no/such"), std::string::npos);
  StringSink sink;
  EXPECT_EQ(client_->GetBlob(kRepository, DescriptorOf("x", kOciLayerTar), sink)
                .code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace kso::oci

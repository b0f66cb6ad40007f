// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/document_reader.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "common/bytes/digest.h"
#include "common/oci/image_store.h"
#include "gtest/gtest.h"
#include "tests/fakes/memory_blob_store.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

constexpr char kType[] = "application/vnd.oci.image.manifest.v1+json";
constexpr std::string_view kManifest = R"({"schemaVersion":2})";

// A registry with the habits of a proxy, an old one, or a broken one.
class Registry : public oci::ImageStore {
 public:
  absl::StatusOr<bool> HasBlob(std::string_view, const Digest&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<int64_t> PutBlob(std::string_view, const v1::Descriptor&,
                                  const OpenSource&) override {
    return absl::UnimplementedError("");
  }
  absl::Status PutManifest(std::string_view, const v1::Document&,
                           std::string_view) override {
    return absl::UnimplementedError("");
  }

  absl::StatusOr<v1::Descriptor> HeadManifest(std::string_view,
                                              std::string_view) override {
    return head;
  }

  absl::StatusOr<v1::Document> GetManifest(std::string_view,
                                           std::string_view name) override {
    gets.emplace_back(name);
    const auto found = manifests.find(std::string(name));
    if (found == manifests.end()) return absl::NotFoundError("404");
    if (wrong_answers-- > 0) return absl::DataLossError("other bytes");
    return found->second;
  }

  absl::Status GetBlob(std::string_view, const v1::Descriptor&, ByteSink& sink,
                       int64_t) override {
    ++blob_gets;
    return sink.Write(wrong_answers-- > 0 ? "other bytes" : blob);
  }

  // The answer to every HEAD.
  absl::StatusOr<v1::Descriptor> head = v1::Descriptor();
  // By tag or digest.
  std::map<std::string, v1::Document> manifests;
  // The content of every blob.
  std::string blob;
  // So many of the next answers are not what was asked for.
  int wrong_answers = 0;
  std::vector<std::string> gets;
  int blob_gets = 0;
};

class FullBlobStore : public testing::MemoryBlobStore {
 public:
  absl::Status Put(const Digest&, int64_t, ByteSource&) override {
    return absl::ResourceExhaustedError("no space left");
  }
};

class DocumentReaderTest : public ::testing::Test {
 protected:
  DocumentReader Reader() { return {&registry_, "a", &cache_, &control_}; }

  static v1::Document DocumentOf(std::string_view content) {
    v1::Document document;
    document.mutable_content_descriptor()->set_media_type(kType);
    document.mutable_content_descriptor()->set_digest(
        Sha256Of(content).ToString());
    document.mutable_content_descriptor()->set_size(
        static_cast<int64_t>(content.size()));
    document.set_content(std::string(content));
    return document;
  }

  // The registry has `content` under its tag "v1" and under its digest, and
  // tells no size when it is asked for the digest.
  void Serve(std::string_view content) {
    const v1::Document document = DocumentOf(content);
    registry_.manifests = {{"v1", document},
                           {document.content_descriptor().digest(), document}};
    registry_.head = document.content_descriptor();
    registry_.head->clear_size();
  }

  // A descriptor of a blob that the registry has.
  v1::Descriptor ServeBlob(const std::string& content) {
    registry_.blob = content;
    return DocumentOf(content).content_descriptor();
  }

  Registry registry_;
  testing::MemoryBlobStore cache_;
  TaskControl control_;
};

TEST_F(DocumentReaderTest, AManifestIsFetchedOnceByItsDigest) {
  Serve(kManifest);
  const std::string digest = Sha256Of(kManifest).ToString();
  DocumentReader reader = Reader();
  for (int i = 0; i < 2; ++i) {
    const auto document = reader.Top("v1", /*known=*/"");
    ASSERT_TRUE(document.ok()) << document.status();
    ASSERT_TRUE(document->has_value());
    EXPECT_EQ((*document)->content(), kManifest);
    EXPECT_EQ((*document)->content_descriptor().media_type(), kType);
    EXPECT_EQ((*document)->content_descriptor().digest(), digest);
    EXPECT_EQ((*document)->content_descriptor().size(),
              static_cast<int64_t>(kManifest.size()));
  }
  EXPECT_EQ(registry_.gets, std::vector<std::string>{digest});
  EXPECT_EQ(reader.manifest_gets(), 1);
  EXPECT_EQ(control_.bytes_fetched(), static_cast<int64_t>(kManifest.size()));
  EXPECT_FALSE(reader.Top("v1", digest).value().has_value());
}

TEST_F(DocumentReaderTest, AProxyMayKnowAManifestByItsTagOnly) {
  Serve(kManifest);
  const std::string digest = Sha256Of(kManifest).ToString();
  registry_.manifests.erase(digest);
  const auto document = Reader().Top("v1", "");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ((*document)->content(), kManifest);
  EXPECT_EQ(registry_.gets, (std::vector<std::string>{digest, "v1"}));
}

TEST_F(DocumentReaderTest, WhatIsMissingByItsDigestIsAskedForOnce) {
  Serve(kManifest);
  registry_.manifests.clear();
  const std::string digest = Sha256Of(kManifest).ToString();
  EXPECT_TRUE(absl::IsNotFound(Reader().Top(digest, "").status()));
  EXPECT_EQ(registry_.gets, std::vector<std::string>{digest});
}

TEST_F(DocumentReaderTest, ARegistryThatDoesNotAnswerHeadIsSentAGet) {
  const absl::StatusOr<v1::Descriptor> kHeads[] = {
      absl::InvalidArgumentError("405"), v1::Descriptor()};
  for (const auto& head : kHeads) {
    Serve(kManifest);
    registry_.head = head;
    registry_.gets.clear();
    const auto document = Reader().Top("v1", "");
    ASSERT_TRUE(document.ok()) << document.status();
    EXPECT_EQ((*document)->content(), kManifest);
    EXPECT_EQ(registry_.gets, std::vector<std::string>{"v1"});
  }
}

TEST_F(DocumentReaderTest, AnErrorOfHeadIsTheAnswer) {
  Serve(kManifest);
  for (const absl::Status& error :
       {absl::NotFoundError("404"), absl::UnavailableError("503"),
        absl::PermissionDeniedError("403")}) {
    registry_.head = error;
    EXPECT_EQ(Reader().Top("v1", "").status(), error);
  }
  EXPECT_TRUE(registry_.gets.empty());
}

TEST_F(DocumentReaderTest, WrongBytesAreFetchedOnceMore) {
  Serve(kManifest);
  registry_.wrong_answers = 1;
  EXPECT_TRUE(Reader().Top("v1", "").ok());
  EXPECT_EQ(registry_.gets.size(), 2u);

  const v1::Descriptor blob = ServeBlob("config");
  registry_.wrong_answers = 1;
  const auto config = Reader().Blob(blob);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->content(), "config");
  EXPECT_EQ(registry_.blob_gets, 2);
}

TEST_F(DocumentReaderTest, WrongBytesAreTheRegistrysFaultAndNotKept) {
  Serve(kManifest);
  registry_.manifests.begin()->second.set_content("other bytes");
  registry_.manifests.rbegin()->second.set_content("other bytes");
  const absl::Status manifest = Reader().Top("v1", "").status();
  EXPECT_TRUE(absl::IsDataLoss(manifest)) << manifest;
  EXPECT_EQ(FailureKind(manifest), v1::Failure::PERMANENT);

  const v1::Descriptor blob = ServeBlob("config");
  registry_.blob = "other bytes";
  const absl::Status config = Reader().Blob(blob).status();
  EXPECT_TRUE(absl::IsDataLoss(config)) << config;
  EXPECT_EQ(FailureKind(config), v1::Failure::PERMANENT);
  EXPECT_EQ(registry_.blob_gets, 2);
  EXPECT_EQ(cache_.size(), 0);
}

TEST_F(DocumentReaderTest, AConfigIsFetchedOnce) {
  const v1::Descriptor blob = ServeBlob("config");
  DocumentReader reader = Reader();
  for (int i = 0; i < 2; ++i) {
    const auto config = reader.Blob(blob);
    ASSERT_TRUE(config.ok()) << config.status();
    EXPECT_EQ(config->content(), "config");
    EXPECT_EQ(config->content_descriptor().digest(), blob.digest());
  }
  EXPECT_EQ(registry_.blob_gets, 1);
  EXPECT_EQ(control_.bytes_fetched(), 6);
}

TEST_F(DocumentReaderTest, AConfigHasFourMebibytesAtMost) {
  constexpr size_t kMost = 4 << 20;
  EXPECT_TRUE(Reader().Blob(ServeBlob(std::string(kMost, 'x'))).ok());
  EXPECT_FALSE(Reader().Blob(ServeBlob(std::string(kMost + 1, 'x'))).ok());
}

TEST_F(DocumentReaderTest, ACacheThatHasRottedIsNotBelieved) {
  Serve(kManifest);
  testing::MemoryBlobStore rotten(/*verifies=*/false);
  rotten.Damage(Sha256Of(kManifest), "rotten");
  DocumentReader reader(&registry_, "a", &rotten, &control_);
  const auto document = reader.Top("v1", "");
  ASSERT_TRUE(document.ok()) << document.status();
  EXPECT_EQ((*document)->content(), kManifest);
}

TEST_F(DocumentReaderTest, ACacheThatIsFullIsTheWorkersTrouble) {
  Serve(kManifest);
  FullBlobStore full;
  DocumentReader reader(&registry_, "a", &full, &control_);
  for (const absl::Status& status :
       {reader.Top("v1", "").status(),
        reader.Blob(ServeBlob("config")).status()}) {
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_EQ(FailureKind(status), v1::Failure::INFRASTRUCTURE) << status;
  }
}

}  // namespace
}  // namespace kso::worker

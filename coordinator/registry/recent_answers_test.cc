// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/recent_answers.h"

#include <memory>
#include <string>
#include <utility>

#include "common/bytes/digest.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_registry.h"

namespace kso::coordinator {
namespace {

// A registry from which things vanish.
class Vanishing : public testing::MemoryRegistry {
 public:
  absl::StatusOr<bool> HasBlob(std::string_view repository,
                               const Digest& digest) override {
    ++questions;
    if (empty) return false;
    return MemoryRegistry::HasBlob(repository, digest);
  }
  absl::StatusOr<v1::Document> GetManifest(
      std::string_view repository, std::string_view reference) override {
    ++questions;
    if (empty) return absl::NotFoundError("gone");
    return MemoryRegistry::GetManifest(repository, reference);
  }
  absl::Status PutManifest(std::string_view repository,
                           const v1::Document& manifest,
                           std::string_view tag) override {
    if (empty) return absl::InvalidArgumentError("MANIFEST_BLOB_UNKNOWN");
    return MemoryRegistry::PutManifest(repository, manifest, tag);
  }

  bool empty = false;
  int questions = 0;
};

v1::Document EmptyIndex() {
  v1::Document document;
  document.set_content(
      R"({"schemaVersion":2,"mediaType":"application/vnd.oci.image.index.v1+json","manifests":[]})");
  v1::Descriptor& descriptor = *document.mutable_content_descriptor();
  descriptor.set_media_type("application/vnd.oci.image.index.v1+json");
  descriptor.set_digest(Sha256Of(document.content()).ToString());
  descriptor.set_size(static_cast<int64_t>(document.content().size()));
  return document;
}

class RecentAnswersTest : public ::testing::Test {
 protected:
  RecentAnswersTest() {
    destination_.set_kind(v1::Destination::REGISTRY);
    destination_.set_location("registry.example.com/team");
    v1::Descriptor blob;
    blob.set_digest(digest_.ToString());
    blob.set_size(4);
    EXPECT_TRUE(registry_
                    ->PutBlob("a", blob,
                              [](int64_t offset) {
                                return SourceOfString("blob", offset);
                              })
                    .ok());
    registry_->questions = 0;
  }

  // As each phase of a build does.
  std::shared_ptr<oci::ImageStore> Open() {
    auto store = open_(destination_, {});
    EXPECT_TRUE(store.ok()) << store.status();
    return *std::move(store);
  }
  bool Has(const std::string& repository) {
    const auto has = Open()->HasBlob(repository, digest_);
    EXPECT_TRUE(has.ok()) << has.status();
    return has.value_or(false);
  }

  const Digest digest_ = Sha256Of("blob");
  testing::FakeClock clock_;
  std::shared_ptr<Vanishing> registry_ = std::make_shared<Vanishing>();
  v1::Destination destination_;
  OpenDestination open_ = WithRecentAnswers(
      [this](const v1::Destination&, std::stop_token) { return registry_; },
      &clock_);
};

TEST_F(RecentAnswersTest, WhatWasThereAMomentAgoIsNotAskedForAgain) {
  EXPECT_TRUE(Has("a"));
  EXPECT_TRUE(Has("a"));
  EXPECT_EQ(registry_->questions, 1);
}

TEST_F(RecentAnswersTest, WhatVanishedLaterIsNoticed) {
  EXPECT_TRUE(Has("a"));
  registry_->empty = true;
  clock_.Advance(kAnswerStands);
  EXPECT_FALSE(Has("a"));
}

TEST_F(RecentAnswersTest, WhatWasPutOrMountedIsThere) {
  v1::Descriptor blob;
  blob.set_digest(digest_.ToString());
  blob.set_size(4);
  const auto put = Open()->PutBlob(
      "b", blob, [](int64_t offset) { return SourceOfString("blob", offset); });
  ASSERT_TRUE(put.ok()) << put.status();
  EXPECT_TRUE(Open()->MountBlob("c", digest_, "a").value_or(false));
  registry_->questions = 0;
  EXPECT_TRUE(Has("b"));
  EXPECT_TRUE(Has("c"));
  EXPECT_EQ(registry_->questions, 0);
  // A mount that moved nothing tells nothing.
  EXPECT_FALSE(Open()->MountBlob("d", digest_, "nowhere").value_or(true));
  EXPECT_FALSE(Has("d"));
}

TEST_F(RecentAnswersTest, AnotherRepositoryOrDestinationIsAnotherQuestion) {
  EXPECT_TRUE(Has("a"));
  EXPECT_FALSE(Has("b"));
  registry_->empty = true;
  destination_.set_location("other.example.com/team");
  EXPECT_FALSE(Has("a"));
}

TEST_F(RecentAnswersTest, WhatIsNotThereIsAskedForEachTime) {
  registry_->empty = true;
  EXPECT_FALSE(Has("a"));
  registry_->empty = false;
  EXPECT_TRUE(Has("a"));
}

TEST_F(RecentAnswersTest, AManifestThatWasPutIsNotReadAgainSoon) {
  const v1::Document index = EmptyIndex();
  const std::string& digest = index.content_descriptor().digest();
  ASSERT_TRUE(Open()->PutManifest("a", index, "").ok());
  const auto read = Open()->GetManifest("a", digest);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->content(), index.content());
  EXPECT_EQ(registry_->questions, 0);
  registry_->empty = true;
  clock_.Advance(kAnswerStands);
  EXPECT_TRUE(absl::IsNotFound(Open()->GetManifest("a", digest).status()));
}

TEST_F(RecentAnswersTest, TagsAreAskedForEachTime) {
  ASSERT_TRUE(Open()->PutManifest("a", EmptyIndex(), "latest").ok());
  ASSERT_TRUE(Open()->GetManifest("a", "latest").ok());
  registry_->empty = true;
  EXPECT_FALSE(Open()->GetManifest("a", "latest").ok());
}

// A registry refuses a manifest whose layers are gone; what is gone has to be
// found out then, and not remembered.
TEST_F(RecentAnswersTest, ARefusedManifestMakesAllAnswersOld) {
  EXPECT_TRUE(Has("a"));
  registry_->empty = true;
  EXPECT_FALSE(Open()->PutManifest("a", EmptyIndex(), "").ok());
  EXPECT_FALSE(Has("a"));
}

}  // namespace
}  // namespace kso::coordinator

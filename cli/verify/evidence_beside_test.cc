// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/evidence_beside.h"

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/bytes/byte_stream.h"
#include "common/evidence/artifact.h"
#include "common/evidence/bundle.h"
#include "common/oci/documents.h"
#include "common/oci/media_types.h"
#include "common/oci/referrers.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "kso/v1/types.pb.h"
#include "tests/fakes/memory_registry.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr char kRepository[] = "team/kubespray-files";

class EvidenceBesideTest : public ::testing::Test {
 protected:
  EvidenceBesideTest() {
    const v1::Document image = oci::MakeDocument(
        oci::kOciIndex, R"({"schemaVersion":2,"manifests":[]})");
    EXPECT_TRUE(registry_.PutManifest(kRepository, image, "v1").ok());
    image_ = image.content_descriptor();
  }

  void PutBlob(const v1::Document& blob) {
    EXPECT_TRUE(registry_
                    .PutBlob(kRepository, blob.content_descriptor(),
                             [&blob](int64_t offset) {
                               return SourceOfString(blob.content(), offset);
                             })
                    .ok());
  }

  // An artifact about the image, which no tag lists.
  evidence::Artifact Put(std::string_view type, const std::string& content) {
    evidence::Artifact artifact = evidence::MakeArtifact(image_, type, content);
    PutBlob(artifact.config);
    PutBlob(artifact.content);
    EXPECT_TRUE(registry_.PutManifest(kRepository, artifact.manifest, "").ok());
    return artifact;
  }
  v1::Descriptor Tag(const std::vector<evidence::Artifact>& artifacts) {
    const v1::Document list = evidence::MakeReferrersIndex(artifacts);
    EXPECT_TRUE(registry_
                    .PutManifest(kRepository, list,
                                 evidence::ReferrersTag(image_.digest()))
                    .ok());
    return list.content_descriptor();
  }

  absl::StatusOr<std::optional<v1::Document>> Carried(
      const v1::Descriptor* left) {
    return ListToCarry(registry_, kRepository, image_.digest(), left);
  }

  testing::MemoryRegistry registry_;
  v1::Descriptor image_;
};

TEST_F(EvidenceBesideTest, DocumentsOfOthersAreNoEvidence) {
  Tag({Put(evidence::kSpdxType, "{}"), Put("application/vnd.scan", "report")});
  const auto found = EvidenceBeside(registry_, kRepository, image_.digest());
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_EQ((*found)[0].type, evidence::kSpdxType);
}

// Anybody who pushes may add to the registry's list, and who makes the tag is
// the build.
TEST_F(EvidenceBesideTest, TheTagCountsBeforeTheRegistrysList) {
  registry_.KnowReferrers();
  Tag({Put(evidence::kSpdxType, "{}")});
  Put(evidence::kSpdxType, R"({"not":"ours"})");
  const auto found = EvidenceBeside(registry_, kRepository, image_.digest());
  ASSERT_TRUE(found.ok()) << found.status();
  ASSERT_THAT(*found, SizeIs(1));
  EXPECT_EQ((*found)[0].content, "{}");
}

TEST_F(EvidenceBesideTest, ABundleThatCannotBeReadIsPassedOver) {
  Tag({Put(evidence::kBundleType, "no bundle")});
  const auto found = BundlesBeside(registry_, kRepository, image_.digest());
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_THAT(*found, IsEmpty());
}

TEST_F(EvidenceBesideTest, WhatTheBuildLeftIsCarriedAsItIs) {
  EXPECT_FALSE(Carried(nullptr)->has_value());
  const v1::Descriptor left = Tag({Put(evidence::kSpdxType, "{}")});
  const auto list = Carried(&left);
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ((*list)->content_descriptor().digest(), left.digest());
}

// As cosign does from its version 3 on, where there is no list but the tag.
TEST_F(EvidenceBesideTest, ASignatureThatJoinedTheTagIsCarried) {
  const evidence::Artifact sbom = Put(evidence::kSpdxType, "{}");
  const v1::Descriptor left = Tag({sbom});
  const v1::Descriptor joined = Tag({sbom, Put(evidence::kBundleType, "b")});
  const auto list = Carried(&left);
  ASSERT_TRUE(list.ok()) << list.status();
  EXPECT_EQ((*list)->content_descriptor().digest(), joined.digest());
}

// And where the registry lists it.
TEST_F(EvidenceBesideTest, ASignatureThatOnlyTheRegistryListsIsCarried) {
  registry_.KnowReferrers();
  const v1::Descriptor left = Tag({Put(evidence::kSpdxType, "{}")});
  const evidence::Artifact bundle = Put(evidence::kBundleType, "b");
  const evidence::Artifact scan = Put("application/vnd.scan", "report");
  const auto list = Carried(&left);
  ASSERT_TRUE(list.ok()) << list.status();
  const std::string& text = (*list)->content();
  EXPECT_THAT(text, HasSubstr(bundle.manifest.content_descriptor().digest()));
  EXPECT_THAT(text,
              Not(HasSubstr(scan.manifest.content_descriptor().digest())));
  const auto entries = oci::ParseReferrers(text, oci::kOciIndex);
  ASSERT_TRUE(entries.ok()) << entries.status();
  EXPECT_THAT(*entries, SizeIs(2));
}

}  // namespace
}  // namespace kso::cli

// SPDX-License-Identifier: Apache-2.0
#include "common/blob/blob_image_store.h"

#include <string>

#include "common/base/strings.h"
#include "common/bytes/sinks.h"
#include "common/oci/media_types.h"
#include "gtest/gtest.h"
#include "tests/fakes/memory_blob_store.h"

namespace kso {
namespace {

v1::Descriptor DescriptorOf(std::string_view content,
                            std::string_view media_type) {
  v1::Descriptor descriptor;
  descriptor.set_media_type(std::string(media_type));
  descriptor.set_digest(Sha256Of(content).ToString());
  descriptor.set_size(static_cast<int64_t>(content.size()));
  return descriptor;
}

v1::Document DocumentOf(std::string_view content, std::string_view media_type) {
  v1::Document document;
  *document.mutable_content_descriptor() = DescriptorOf(content, media_type);
  document.set_content(std::string(content));
  return document;
}

std::string ManifestOf(std::string_view media_type) {
  const std::string field =
      media_type.empty() ? "" : Concat("\"mediaType\":\"", media_type, "\",");
  return Concat("{\"schemaVersion\":2,", field, "\"config\":{\"mediaType\":\"",
                oci::kOciConfig, "\",\"digest\":\"",
                Sha256Of("config").ToString(), "\",\"size\":6},\"layers\":[]}");
}

class BlobImageStoreTest : public ::testing::Test {
 protected:
  testing::MemoryBlobStore blobs_;
  std::unique_ptr<oci::ImageStore> images_ = CreateBlobImageStore(&blobs_);
};

TEST_F(BlobImageStoreTest, BlobsAreSharedByAllRepositories) {
  const std::string layer = "layer";
  const v1::Descriptor descriptor = DescriptorOf(layer, oci::kOciLayerTar);
  const OpenSource open =
      [&](int64_t offset) -> absl::StatusOr<std::unique_ptr<ByteSource>> {
    return SourceOfString(layer, offset);
  };
  EXPECT_FALSE(*images_->HasBlob("one", Sha256Of(layer)));
  EXPECT_EQ(*images_->PutBlob("one", descriptor, open), 5);
  EXPECT_TRUE(*images_->HasBlob("two", Sha256Of(layer)));
  EXPECT_EQ(*images_->PutBlob("two", descriptor, open), 0);
  StringSink sink;
  ASSERT_TRUE(images_->GetBlob("two", descriptor, sink, 2).ok());
  EXPECT_EQ(sink.content(), "yer");
  EXPECT_TRUE(absl::IsNotFound(
      images_->GetBlob("two", DescriptorOf("other", oci::kOciLayerTar), sink)));
}

TEST_F(BlobImageStoreTest, ManifestsComeBackWithTheirMediaType) {
  for (const std::string_view type :
       {oci::kOciManifest, oci::kDockerManifest, std::string_view()}) {
    const std::string content = ManifestOf(type);
    const std::string_view expected = type.empty() ? oci::kOciManifest : type;
    const v1::Document document = DocumentOf(content, expected);
    ASSERT_TRUE(images_->PutManifest("one", document, "latest").ok());
    const std::string digest = Sha256Of(content).ToString();
    const auto got = images_->GetManifest("one", digest);
    ASSERT_TRUE(got.ok()) << got.status();
    EXPECT_EQ(got->SerializeAsString(), document.SerializeAsString());
    EXPECT_EQ(images_->HeadManifest("one", digest)->media_type(), expected);
  }
  EXPECT_TRUE(absl::IsNotFound(images_->GetManifest("one", "latest").status()));
}

TEST_F(BlobImageStoreTest, WrongManifestsAreRefused) {
  v1::Document document =
      DocumentOf(ManifestOf(oci::kOciManifest), oci::kDockerManifest);
  EXPECT_TRUE(absl::IsInvalidArgument(images_->PutManifest("r", document, "")));
  document = DocumentOf("not json", oci::kOciIndex);
  EXPECT_TRUE(absl::IsInvalidArgument(images_->PutManifest("r", document, "")));
  document = DocumentOf(ManifestOf(""), oci::kOciManifest);
  document.mutable_content_descriptor()->set_digest(
      Sha256Of("other").ToString());
  EXPECT_TRUE(absl::IsDataLoss(images_->PutManifest("r", document, "")));
  EXPECT_EQ(blobs_.size(), 0);

  const Digest layer = blobs_.Add("a layer");
  EXPECT_TRUE(absl::IsInvalidArgument(
      images_->GetManifest("r", layer.ToString()).status()));
}

}  // namespace
}  // namespace kso

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/blob_sweep.h"

#include <memory>
#include <string>

#include "common/blob/disk_blob_store.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/oci/media_types.h"
#include "coordinator/registry/documents.h"
#include "gtest/gtest.h"

namespace kso::coordinator {
namespace {

class BlobSweepTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::filesystem::remove_all(directory_);
    auto blobs = DiskBlobStore::Create(directory_);
    ASSERT_TRUE(blobs.ok()) << blobs.status();
    blobs_ = *std::move(blobs);
  }

  v1::Descriptor Put(const std::string& content, const std::string& type = "") {
    v1::Descriptor descriptor;
    descriptor.set_media_type(type);
    descriptor.set_digest(Sha256Of(content).ToString());
    descriptor.set_size(static_cast<int64_t>(content.size()));
    const auto source = SourceOfString(content, 0);
    EXPECT_TRUE(
        blobs_->Put(Sha256Of(content), descriptor.size(), *source).ok());
    return descriptor;
  }
  v1::Descriptor Put(const v1::Document& document) {
    return Put(document.content(), document.content_descriptor().media_type());
  }
  bool Has(const v1::Descriptor& blob) {
    return blobs_->Stat(*Digest::Parse(blob.digest())).ok();
  }

  const std::filesystem::path directory_ =
      std::filesystem::path(::testing::TempDir()) /
      ::testing::UnitTest::GetInstance()->current_test_info()->name();
  std::unique_ptr<DiskBlobStore> blobs_;
};

TEST_F(BlobSweepTest, KeepsWhatIsNeededAndWhatThatRefersTo) {
  const v1::Descriptor config = Put("config", std::string(oci::kOciConfig));
  const v1::Descriptor layer = Put("layer", std::string(oci::kOciLayerGzip));
  v1::Descriptor manifest = Put(MakeManifest(config, {layer}));
  manifest.mutable_platform()->set_os("linux");
  manifest.mutable_platform()->set_architecture("amd64");
  const v1::Descriptor index = Put(MakeIndex({manifest}, "v1"));
  const v1::Descriptor other = Put("of a build that runs");
  const v1::Descriptor old = Put("of a build that was forgotten");

  const BlobsInFarm needed = {{other.digest()}, {index}};
  const auto nothing =
      SweepBlobStore(blobs_.get(), needed, absl::Now() - absl::Hours(1));
  ASSERT_TRUE(nothing.ok()) << nothing.status();
  EXPECT_EQ(nothing->blobs, 0);
  EXPECT_TRUE(Has(old));

  const auto report =
      SweepBlobStore(blobs_.get(), needed, absl::Now() + absl::Hours(1));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->blobs, 1);
  EXPECT_EQ(report->bytes, old.size());
  EXPECT_FALSE(Has(old));
  for (const v1::Descriptor& blob : {config, layer, manifest, index, other}) {
    EXPECT_TRUE(Has(blob)) << blob.digest();
  }
}

TEST_F(BlobSweepTest, OfAnImageThatIsNotWholeTheRestIsKept) {
  v1::Descriptor gone;
  gone.set_media_type(std::string(oci::kOciIndex));
  gone.set_digest(Sha256Of("gone").ToString());
  gone.set_size(4);
  const v1::Descriptor layer = Put("layer");
  const v1::Descriptor old = Put("of a build that was forgotten");
  const auto report = SweepBlobStore(blobs_.get(), {{layer.digest()}, {gone}},
                                     absl::Now() + absl::Hours(1));
  ASSERT_TRUE(report.ok()) << report.status();
  EXPECT_EQ(report->blobs, 1);
  EXPECT_TRUE(Has(layer));
  EXPECT_FALSE(Has(old));
}

// It is not known then what the image refers to.
TEST_F(BlobSweepTest, WhereAnIndexCannotBeReadNothingIsSwept) {
  const v1::Descriptor broken =
      Put("this is no index", std::string(oci::kOciIndex));
  const v1::Descriptor old = Put("of a build that was forgotten");
  EXPECT_FALSE(
      SweepBlobStore(blobs_.get(), {{}, {broken}}, absl::Now() + absl::Hours(1))
          .ok());
  EXPECT_TRUE(Has(old));
}

}  // namespace
}  // namespace kso::coordinator

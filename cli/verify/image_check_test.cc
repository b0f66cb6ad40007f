// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/image_check.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "cli/verify/report.h"
#include "common/blob/blob_image_store.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/fakes/memory_blob_store.h"

namespace kso::cli {
namespace {

using ::testing::HasSubstr;

constexpr char kConfigType[] = "application/vnd.oci.image.config.v1+json";
constexpr char kLayerType[] = "application/vnd.oci.image.layer.v1.tar+gzip";
constexpr char kManifestType[] = "application/vnd.oci.image.manifest.v1+json";
constexpr char kIndexType[] = "application/vnd.oci.image.index.v1+json";

class ImageCheckTest : public ::testing::Test {
 protected:
  ImageCheckTest() : store_(CreateBlobImageStore(&blobs_)) {
    for (const char* architecture : {"amd64", "arm64"}) {
      v1::Platform& platform = options_.platforms.emplace_back();
      platform.set_os("linux");
      platform.set_architecture(architecture);
    }
  }

  std::string Descriptor(const std::string& type, const std::string& content,
                         const std::string& more = "") {
    const Digest digest = blobs_.Add(content);
    return absl::StrCat(R"({"mediaType":")", type, R"(","digest":")",
                        digest.ToString(), R"(","size":)", content.size(), more,
                        "}");
  }

  // An index entry for a platform image whose config says `architecture`.
  std::string Entry(const std::string& architecture,
                    const std::string& config_architecture) {
    const std::string diff_id = Sha256Of("tar").ToString();
    const std::string config = absl::StrCat(
        R"({"architecture":")", config_architecture, R"(","os":"linux",)",
        R"("rootfs":{"type":"layers","diff_ids":[")", diff_id, R"("]}})");
    const std::string manifest = absl::StrCat(
        R"({"schemaVersion":2,"mediaType":")", kManifestType, R"(","config":)",
        Descriptor(kConfigType, config), R"(,"layers":[)",
        Descriptor(kLayerType, "shared layer"), "]}");
    return Descriptor(kManifestType, manifest,
                      absl::StrCat(R"(,"platform":{"architecture":")",
                                   architecture, R"(","os":"linux"})"));
  }

  ImageReport Check(const std::vector<std::string>& entries) {
    const Digest index = blobs_.Add(
        absl::StrCat(R"({"schemaVersion":2,"mediaType":")", kIndexType,
                     R"(","manifests":[)", absl::StrJoin(entries, ","), "]}"));
    return CheckImage(*store_, "team/kubespray-files", index.ToString(),
                      options_);
  }

  kso::testing::MemoryBlobStore blobs_;
  std::unique_ptr<oci::ImageStore> store_;
  ImageCheckOptions options_;
};

TEST_F(ImageCheckTest, AWholeImageIsRight) {
  const ImageReport report =
      Check({Entry("amd64", "amd64"), Entry("arm64", "arm64")});
  EXPECT_TRUE(report.ok()) << ReportText("r", report, false);
  ASSERT_EQ(report.platforms.size(), 2u);
  EXPECT_EQ(report.platforms[0].layers, 1);
  EXPECT_THAT(ReportText("r", report, false),
              HasSubstr("Everything is there, byte for byte."));
  EXPECT_EQ(ReportJson("r", report)["ok"], true);
}

TEST_F(ImageCheckTest, AMissingPlatformIsNamed) {
  const ImageReport report = Check({Entry("amd64", "amd64")});
  EXPECT_FALSE(report.ok());
  EXPECT_THAT(report.problems, ::testing::ElementsAre(::testing::AllOf(
                                   HasSubstr("it lacks linux/arm64; "),
                                   HasSubstr("--platform"))));
}

TEST_F(ImageCheckTest, AMissingBlobIsNamedForEachPlatform) {
  const std::vector<std::string> entries = {Entry("amd64", "amd64"),
                                            Entry("arm64", "arm64")};
  const Digest layer = Sha256Of("shared layer");
  blobs_.Remove(layer);
  for (const bool quick : {false, true}) {
    options_.quick = quick;
    const ImageReport report = Check(entries);
    ASSERT_EQ(report.platforms.size(), 2u);
    for (const PlatformReport& platform : report.platforms) {
      ASSERT_EQ(platform.problems.size(), 1u);
      EXPECT_THAT(platform.problems[0],
                  HasSubstr(absl::StrCat("layer ", layer.ToString())));
    }
  }
}

TEST_F(ImageCheckTest, ATruncatedBlobIsFoundUnlessQuick) {
  const std::vector<std::string> entries = {Entry("amd64", "amd64"),
                                            Entry("arm64", "arm64")};
  blobs_.Damage(Sha256Of("shared layer"), "shared");
  EXPECT_FALSE(Check(entries).ok());
  options_.quick = true;
  EXPECT_TRUE(Check(entries).ok());
}

TEST_F(ImageCheckTest, AConfigOfAnotherPlatformIsFound) {
  const ImageReport report =
      Check({Entry("amd64", "amd64"), Entry("arm64", "amd64")});
  EXPECT_FALSE(report.ok());
  EXPECT_THAT(report.platforms[1].problems,
              ::testing::ElementsAre(
                  "its config is for linux/amd64, the index says linux/arm64"));
}

TEST_F(ImageCheckTest, AnAttestationIsNoPlatform) {
  const ImageReport report = Check(
      {Entry("amd64", "amd64"), Entry("arm64", "arm64"),
       Descriptor(kManifestType, "{}",
                  R"(,"platform":{"architecture":"unknown","os":"unknown"})")});
  EXPECT_TRUE(report.ok()) << ReportText("r", report, false);
  EXPECT_EQ(report.platforms.size(), 2u);
}

TEST_F(ImageCheckTest, WhatIsNotThereIsReported) {
  const ImageReport report =
      CheckImage(*store_, "team/x", Sha256Of("nothing").ToString(), options_);
  ASSERT_EQ(report.problems.size(), 1u);
  EXPECT_THAT(report.problems[0], HasSubstr("the image cannot be read"));
}

}  // namespace
}  // namespace kso::cli

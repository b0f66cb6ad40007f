// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/resolve_image.h"

#include "absl/strings/str_cat.h"
#include "common/base/strings.h"
#include "common/oci/media_types.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_image_stores.h"
#include "tests/fakes/memory_blob_store.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

constexpr char kRepository[] = "quay.io/coreos/etcd";

class ResolveImageTest : public ::testing::Test {
 protected:
  // Adds a platform manifest whose config names `architecture`.
  v1::Descriptor AddImage(const std::string& architecture,
                          std::string_view tag) {
    const v1::Descriptor config = stores_.AddBlob(
        kRepository,
        absl::StrCat(R"({"os":"linux","architecture":")", architecture,
                     R"(","rootfs":{"type":"layers","diff_ids":[]}})"),
        oci::kOciConfig);
    return stores_.AddManifest(
        kRepository,
        Concat(R"({"schemaVersion":2,"mediaType":")", oci::kOciManifest,
               R"(","config":)", Json(config), R"(,"layers":[]})"),
        oci::kOciManifest, tag);
  }

  static std::string Json(const v1::Descriptor& descriptor,
                          const std::string& architecture = "") {
    const std::string os = architecture == "unknown" ? "unknown" : "linux";
    const std::string platform =
        architecture.empty()
            ? ""
            : absl::StrCat(R"(,"platform":{"os":")", os,
                           R"(","architecture":")", architecture, "\"}");
    return absl::StrCat(R"({"mediaType":")", descriptor.media_type(),
                        R"(","digest":")", descriptor.digest(), R"(","size":)",
                        descriptor.size(), platform, "}");
  }

  v1::Descriptor AddIndex() {
    return stores_.AddManifest(
        kRepository,
        Concat(R"({"schemaVersion":2,"mediaType":")", oci::kOciIndex,
               R"(","manifests":[)", Json(AddImage("amd64", ""), "amd64"), ",",
               Json(AddImage("arm64", ""), "arm64"), ",",
               Json(AddImage("unknown", ""), "unknown"), "]}"),
        oci::kOciIndex, "v3.5.12");
  }

  absl::StatusOr<v1::ResolvedImage> Resolve(const std::string& reference,
                                            bool want_configs = false,
                                            const std::string& known = "") {
    v1::ResolveImage work;
    work.set_reference(reference);
    work.set_known_digest(known);
    work.set_location("images.list:7");
    work.set_want_configs(want_configs);
    for (const char* architecture : {"amd64", "arm64"}) {
      v1::Platform& platform = *work.add_platforms();
      platform.set_os("linux");
      platform.set_architecture(architecture);
    }
    TaskControl control;
    return ResolveImage(work, {}, stores_, cache_, control);
  }

  testing::FakeImageStores stores_;
  testing::MemoryBlobStore cache_;
};

TEST_F(ResolveImageTest, TakesTheWantedPlatformsOfAnIndex) {
  const v1::Descriptor index = AddIndex();

  const auto image = Resolve("quay.io/coreos/etcd:v3.5.12", true);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->top().content_descriptor().digest(), index.digest());
  ASSERT_EQ(image->manifests_size(), 2);
  EXPECT_EQ(image->manifests(0).content_descriptor().platform().architecture(),
            "amd64");
  EXPECT_EQ(image->manifests(1).content_descriptor().platform().architecture(),
            "arm64");
  EXPECT_EQ(Sha256Of(image->manifests(1).content()).ToString(),
            image->manifests(1).content_descriptor().digest());
  ASSERT_EQ(image->configs_size(), 2);
  EXPECT_NE(image->configs(1).content().find("arm64"), std::string::npos);
}

TEST_F(ResolveImageTest, FetchesNothingThatTheCacheHas) {
  AddIndex();
  ASSERT_TRUE(Resolve("quay.io/coreos/etcd:v3.5.12", true).ok());
  const int manifests = stores_.manifest_gets();
  const int blobs = stores_.blob_gets();

  const auto image = Resolve("quay.io/coreos/etcd:v3.5.12", true);
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->manifests_size(), 2);
  EXPECT_EQ(stores_.manifest_gets(), manifests);
  EXPECT_EQ(stores_.blob_gets(), blobs);
}

TEST_F(ResolveImageTest, SaysWhatIsKnownWithoutFetchingIt) {
  const v1::Descriptor index = AddIndex();
  const auto known =
      Resolve("quay.io/coreos/etcd:v3.5.12", false, index.digest());
  ASSERT_TRUE(known.ok()) << known.status();
  EXPECT_TRUE(known->unchanged());
  EXPECT_EQ(known->manifests_size(), 0);
  EXPECT_EQ(stores_.manifest_gets(), 0);

  const auto changed = Resolve("quay.io/coreos/etcd:v3.5.12", false,
                               Sha256Of("another").ToString());
  ASSERT_TRUE(changed.ok()) << changed.status();
  EXPECT_FALSE(changed->unchanged());
  EXPECT_EQ(changed->manifests_size(), 2);
  EXPECT_EQ(changed->manifest_gets(), 3);
}

TEST_F(ResolveImageTest, LearnsTheOnlyPlatformOfABareManifest) {
  const v1::Descriptor manifest = AddImage("amd64", "v1");

  const auto image = Resolve("quay.io/coreos/etcd:v1");
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->top().content_descriptor().digest(), manifest.digest());
  ASSERT_EQ(image->manifests_size(), 1);
  EXPECT_EQ(image->manifests(0).content_descriptor().platform().architecture(),
            "amd64");
}

TEST_F(ResolveImageTest, SaysWhichLineNamesAMissingImage) {
  const auto image = Resolve("quay.io/coreos/etcd:v9");
  ASSERT_FALSE(image.ok());
  const v1::Failure failure = ToFailure(image.status(), "");
  EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
  EXPECT_EQ(failure.item(), "quay.io/coreos/etcd:v9");
  EXPECT_EQ(failure.location(), "images.list:7");
}

}  // namespace
}  // namespace kso::worker

#include "worker/verify/oci_layout.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "common/base/digest.h"
#include "common/base/strings.h"
#include "common/oci/media_types.h"
#include "gtest/gtest.h"
#include "nlohmann/json.hpp"
#include "tests/fakes/memory_blob_store.h"
#include "worker/testing/fake_image_stores.h"

namespace kso::worker {
namespace {

constexpr char kConfig[] =
    R"({"os":"linux","architecture":"arm64","rootfs":{"type":"layers","diff_ids":[]}})";

class OciLayoutTest : public ::testing::Test {
 protected:
  OciLayoutTest() {
    directory_ =
        std::filesystem::path(::testing::TempDir()) /
        ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    const v1::Descriptor config =
        stores_.AddBlob("destination/team/files", kConfig, oci::kOciConfig);
    layer_ = stores_.AddBlob("destination/team/files", "a layer",
                             oci::kOciLayerGzip);
    manifest_ = stores_.AddManifest(
        "destination/team/files",
        Concat(R"({"schemaVersion":2,"mediaType":")", oci::kOciManifest,
               R"(","config":)", Json(config), R"(,"layers":[)", Json(layer_),
               "]}"),
        oci::kOciManifest, "");
  }

  static std::string Json(const v1::Descriptor& descriptor) {
    return Concat(R"({"mediaType":")", descriptor.media_type(),
                  R"(","digest":")", descriptor.digest(), R"(","size":)",
                  descriptor.size(), "}");
  }

  absl::StatusOr<oci::ImageConfig> Pull() {
    const auto store = stores_.OpenDestination({}, control_);
    return PullToLayout(**store, "team/files", manifest_, cache_, directory_,
                        control_);
  }

  std::string Read(const std::string& path) const {
    std::ostringstream content;
    content << std::ifstream(directory_ / path).rdbuf();
    return content.str();
  }

  testing::FakeImageStores stores_;
  testing::MemoryBlobStore cache_;
  TaskControl control_;
  std::filesystem::path directory_;
  v1::Descriptor layer_;
  v1::Descriptor manifest_;
};

TEST_F(OciLayoutTest, HoldsAllThatAnImageIsMadeOf) {
  const auto config = Pull();
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->platform.architecture(), "arm64");
  const auto index = nlohmann::json::parse(Read("index.json"));
  EXPECT_EQ(index["manifests"][0]["digest"], manifest_.digest());
  EXPECT_EQ(Read("blobs/sha256/" + layer_.digest().substr(7)), "a layer");
  EXPECT_FALSE(Read("blobs/sha256/" + manifest_.digest().substr(7)).empty());
  EXPECT_FALSE(Read("oci-layout").empty());
}

TEST_F(OciLayoutTest, TakesFromTheCacheWhatIsThere) {
  cache_.Add("a layer");
  const auto config = Pull();
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(stores_.blob_gets(), 1);  // The config.
  EXPECT_EQ(Read("blobs/sha256/" + layer_.digest().substr(7)), "a layer");
}

TEST_F(OciLayoutTest, RefusesALayerWithOtherBytes) {
  stores_.DamageBlob("destination/team/files", layer_.digest(), "other bytes");
  const auto config = Pull();
  EXPECT_EQ(config.status().code(), absl::StatusCode::kDataLoss);
}

// A cache that has rotted is no reason to fail: the destination has the bytes.
TEST_F(OciLayoutTest, PassesOverADamagedCache) {
  cache_.Damage(Sha256Of("a layer"), "rotten");
  const auto config = Pull();
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(Read("blobs/sha256/" + layer_.digest().substr(7)), "a layer");
}

}  // namespace
}  // namespace kso::worker

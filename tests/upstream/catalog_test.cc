// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>

#include "tests/upstream/compress.h"
#include "tests/upstream/hash.h"
#include "tests/upstream/image_plan.h"
#include "tests/upstream/make_catalog.h"
#include "tests/upstream/release_writer.h"
#include "tests/upstream/test_release.h"

namespace kso::upstream {
namespace {

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

class CatalogTest : public testing::Test {
 protected:
  Catalog Make(const CatalogOptions& options = {}) {
    const auto store = ObjectStore::Open(data_);
    EXPECT_TRUE(store.ok()) << store.status();
    auto catalog = MakeCatalog(*store, release_, options);
    EXPECT_TRUE(catalog.ok()) << catalog.status();
    return *std::move(catalog);
  }

  const Release release_ = *ReadRelease(WriteTestRelease("catalog_release"));
  const std::string data_ = testing::TempDir() + "/catalog_data";
};

TEST_F(CatalogTest, ListsAreReadOnce) {
  EXPECT_EQ(release_.files,
            (std::vector<std::string>{kDirectUrl, kRedirectedUrl}));
}

TEST_F(CatalogTest, SameInputsSameDigestsOnAnEmptyDataDirectory) {
  const Catalog first = Make();
  std::filesystem::remove_all(data_);
  const Catalog second = Make();
  for (size_t i = 0; i < first.expected_images.size(); ++i) {
    EXPECT_EQ(first.expected_images[i].digest,
              second.expected_images[i].digest);
  }
  for (const auto& [url, file] : first.files) {
    EXPECT_EQ(file.sha256, second.files.at(url).sha256);
    EXPECT_EQ(file.sha256, Sha256Hex(ReadFile(file.path)));
  }
}

TEST_F(CatalogTest, DiffIdsAndSizesAreRight) {
  const Catalog catalog = Make();
  size_t layers = 0;
  for (const auto& [name, repository] : catalog.repositories) {
    for (const auto& [digest, manifest] : repository.manifests) {
      const auto json = nlohmann::json::parse(manifest.bytes);
      if (!json.contains("layers")) continue;
      const auto config = nlohmann::json::parse(
          ReadFile(repository.blobs.at(json["config"]["digest"]).path));
      if (config["os"] == "unknown") continue;
      for (size_t i = 0; i < json["layers"].size(); ++i) {
        const Object& blob = repository.blobs.at(json["layers"][i]["digest"]);
        EXPECT_EQ(json["layers"][i]["size"], blob.size);
        EXPECT_EQ(Sha256Digest(*Gunzip(ReadFile(blob.path))),
                  config["rootfs"]["diff_ids"][i].get<std::string>());
        ++layers;
      }
    }
  }
  EXPECT_GT(layers, 0u);
}

TEST_F(CatalogTest, FamiliesShareTheirBaseLayer) {
  const Catalog catalog = Make();
  const auto& node = catalog.repositories.at("quay.io/calico/node").blobs;
  const auto& cni = catalog.repositories.at("quay.io/calico/cni").blobs;
  size_t shared = 0;
  for (const auto& [digest, blob] : node) shared += cni.count(digest);
  EXPECT_GE(shared, 2u) << "one base layer for each architecture";
}

TEST_F(CatalogTest, AllowedImagesLackArm64AndDroppedOnesToo) {
  CatalogOptions options;
  options.dropped_platforms = {std::string(kSecondImage) + "=linux/arm64"};
  const Catalog catalog = Make(options);
  for (const ExpectedImage& image : catalog.expected_images) {
    const std::set<std::string> platforms(image.platforms.begin(),
                                          image.platforms.end());
    EXPECT_TRUE(platforms.count("linux/amd64")) << image.reference;
    EXPECT_EQ(platforms.count("linux/arm64") == 0,
              image.reference == kAmd64Image || image.reference == kSecondImage)
        << image.reference;
  }
}

TEST_F(CatalogTest, DroppingFromAnUnknownImageIsRefused) {
  const auto store = ObjectStore::Open(data_);
  CatalogOptions options;
  options.dropped_platforms = {"docker.io/library/nothing:1=linux/arm64"};
  EXPECT_EQ(MakeCatalog(*store, release_, options).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(CatalogTest, WrittenReleaseReadsBack) {
  const std::string directory = testing::TempDir() + "/written_release";
  const Catalog catalog = Make();
  ASSERT_TRUE(WriteRelease(release_, catalog, "127.0.0.1:1234",
                           "docker://registry.example.com/x", directory)
                  .ok());
  const auto written = ReadRelease(directory);
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(written->files, release_.files);
  EXPECT_EQ(written->images, release_.images);
  const std::string yaml = ReadFile(directory + "/release.yaml");
  EXPECT_NE(yaml.find("http://127.0.0.1:1234/get.helm.sh/"), yaml.npos) << yaml;
  EXPECT_NE(yaml.find("127.0.0.1:1234/quay.io/"), yaml.npos) << yaml;
}

TEST(ImagePlanTest, AFewSingleImagesShowEveryForm) {
  std::set<ImagePlan::Form> forms;
  for (size_t i = 0; i < 4; ++i) {
    forms.insert(PlanImage("docker.io/amazon/driver:v1", i).form);
  }
  EXPECT_EQ(forms.size(), 4u);
}

}  // namespace
}  // namespace kso::upstream

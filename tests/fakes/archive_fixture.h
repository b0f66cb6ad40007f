// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_ARCHIVE_FIXTURE_H_
#define KSO_TESTS_FAKES_ARCHIVE_FIXTURE_H_

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "cli/carry/archive_loader.h"
#include "cli/carry/export_archive.h"
#include "cli/carry/image_archive.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/destination.h"
#include "common/oci/media_types.h"
#include "gtest/gtest.h"
#include "tests/fakes/memory_registry.h"

namespace kso::cli {

// The size of the parts that tests make.
inline constexpr int64_t kPart = 64 << 10;

// Bytes that differ from each other and for each seed.
inline std::string Bytes(size_t size, uint32_t seed) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) {
    seed = seed * 1664525 + 1013904223;
    byte = static_cast<char>(seed >> 24);
  }
  return bytes;
}

inline std::string ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

inline void WriteFile(const std::filesystem::path& path,
                      const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

// A release in the farm's registry, which tests export to a directory of their
// own and load into a registry inside.
class ArchiveTest : public ::testing::Test {
 protected:
  ArchiveTest()
      : directory_(std::filesystem::path(::testing::TempDir()) /
                   Concat("archive-", ::testing::UnitTest::GetInstance()
                                          ->current_test_info()
                                          ->name())),
        file_(directory_ / "release.tar") {
    std::filesystem::remove_all(directory_);
    destination_ = *oci::ParseDestination("docker://127.0.0.1:5000/inside");
  }
  ~ArchiveTest() override { std::filesystem::remove_all(directory_); }

  static v1::Descriptor Describe(std::string_view type,
                                 const std::string& content) {
    v1::Descriptor descriptor;
    descriptor.set_media_type(std::string(type));
    descriptor.set_digest(Sha256Of(content).ToString());
    descriptor.set_size(static_cast<int64_t>(content.size()));
    return descriptor;
  }

  static std::string Json(const v1::Descriptor& descriptor) {
    return Concat("{\"mediaType\":\"", descriptor.media_type(),
                  "\",\"digest\":\"", descriptor.digest(),
                  "\",\"size\":", descriptor.size(), "}");
  }

  v1::Descriptor PutBlob(std::string_view type, const std::string& content) {
    const v1::Descriptor blob = Describe(type, content);
    EXPECT_TRUE(farm_
                    .PutBlob(kRepository, blob,
                             [&content](int64_t offset) {
                               return SourceOfString(content, offset);
                             })
                    .ok());
    return blob;
  }

  v1::Descriptor PutManifest(std::string_view type,
                             const std::string& content) {
    v1::Document document;
    document.set_content(content);
    *document.mutable_content_descriptor() = Describe(type, content);
    EXPECT_TRUE(farm_.PutManifest(kRepository, document, "").ok());
    return document.content_descriptor();
  }

  // An image of these layers, for one platform, in the farm's registry.
  oci::LayoutImage Image(const std::vector<std::string>& names,
                         const std::vector<std::string>& layers) {
    std::string list;
    for (const std::string& layer : layers) {
      list += Concat(list.empty() ? "" : ",",
                     Json(PutBlob(oci::kOciLayerTar, layer)));
    }
    const v1::Descriptor config = PutBlob(
        oci::kOciConfig, "{\"architecture\":\"amd64\",\"os\":\"linux\"}");
    const v1::Descriptor manifest = PutManifest(
        oci::kOciManifest,
        Concat("{\"schemaVersion\":2,\"mediaType\":\"", oci::kOciManifest,
               "\",\"config\":", Json(config), ",\"layers\":[", list, "]}"));
    oci::LayoutImage image;
    image.index = PutManifest(
        oci::kOciIndex,
        Concat("{\"schemaVersion\":2,\"mediaType\":\"", oci::kOciIndex,
               "\",\"manifests\":[", Json(manifest), "]}"));
    image.ref_names = names;
    image.repository = kRepository;
    return image;
  }

  std::vector<oci::LayoutImage> Release(uint32_t seed = 1) {
    return {Image({"kubespray-files:v1", "kubespray-files:latest"},
                  {Bytes(150'000, 7), Bytes(70'001, seed)}),
            Image({"kubespray-images:v1"}, {Bytes(512, 8), Bytes(0, 0)})};
  }

  absl::StatusOr<ExportedArchive> Export(
      const std::vector<oci::LayoutImage>& images, int64_t part_size = 0,
      const ExportRecord* since = nullptr) {
    ExportOptions options;
    options.file = file_;
    options.part_size = part_size;
    options.since = since;
    return ExportArchive(farm_, images, options);
  }

  absl::StatusOr<LoadReport> Load(
      const std::vector<std::filesystem::path>& files) {
    KSO_ASSIGN_OR_RETURN(const auto archive, ImageArchive::Open(files));
    return LoadArchive(*archive, destination_, inside_, nullptr);
  }

  std::string Joined(const std::vector<std::filesystem::path>& files) {
    std::string all;
    for (const std::filesystem::path& file : files) all += ReadFile(file);
    return all;
  }

  std::vector<std::string> Names() {
    std::vector<std::string> names;
    for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
      names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
  }

  static constexpr char kRepository[] = "team/release";
  const std::filesystem::path directory_;
  const std::filesystem::path file_;
  v1::Destination destination_;
  kso::testing::MemoryRegistry farm_;
  kso::testing::MemoryRegistry inside_;
};

}  // namespace kso::cli

#endif  // KSO_TESTS_FAKES_ARCHIVE_FIXTURE_H_

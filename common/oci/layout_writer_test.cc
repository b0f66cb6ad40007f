// SPDX-License-Identifier: Apache-2.0
#include "common/oci/layout_writer.h"

#include <fstream>
#include <sstream>
#include <string>

#include "common/base/strings.h"
#include "common/blob/blob_image_store.h"
#include "common/oci/media_types.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/memory_blob_store.h"
#include "tests/fakes/shell.h"

namespace kso::oci {
namespace {

namespace fs = std::filesystem;

using ::kso::testing::Shell;
using ::testing::HasSubstr;
using ::testing::Not;

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream content;
  content << file.rdbuf();
  return content.str();
}

std::string JsonOf(std::string_view media_type, std::string_view content,
                   std::string_view more = "") {
  return Concat("{\"mediaType\":\"", media_type, "\",\"digest\":\"",
                Sha256Of(content).ToString(), "\",\"size\":", content.size(),
                more, "}");
}

class LayoutWriterTest : public ::testing::Test {
 protected:
  LayoutWriterTest()
      : directory_(
            fs::path(::testing::TempDir()) /
            ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(directory_);
  }

  // Makes an image for one platform, with a layer that is really one.
  LayoutImage Image(const std::string& name, const std::string& seed) {
    const std::string layer(1024, '\0');
    const std::string config =
        Concat("{\"architecture\":\"amd64\",\"os\":\"linux\",\"author\":\"",
               seed, "\",\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[\"",
               Sha256Of(layer).ToString(), "\"]}}");
    const std::string manifest =
        Concat("{\"schemaVersion\":2,\"mediaType\":\"", kOciManifest,
               "\",\"config\":", JsonOf(kOciConfig, config), ",\"layers\":[",
               JsonOf(kOciLayerTar, layer), "]}");
    const std::string index = Concat(
        "{\"schemaVersion\":2,\"mediaType\":\"", kOciIndex,
        "\",\"manifests\":[",
        JsonOf(kOciManifest, manifest,
               ",\"platform\":{\"architecture\":\"amd64\",\"os\":\"linux\"}"),
        "]}");
    for (const std::string& blob : {layer, config, manifest, index}) {
      blobs_.Add(blob);
    }
    layer_ = Sha256Of(layer);
    LayoutImage image;
    image.index.set_media_type(std::string(kOciIndex));
    image.index.set_digest(Sha256Of(index).ToString());
    image.index.set_size(static_cast<int64_t>(index.size()));
    image.ref_names = {name};
    return image;
  }

  // Copies with skopeo, which checks every digest, and compares the index.
  void ExpectReadable(const std::string& reference, const LayoutImage& image) {
    const std::string raw = Shell(Concat("skopeo inspect --raw ", reference));
    EXPECT_EQ(Sha256Of(raw).ToString(), image.index.digest());
    Shell(Concat("skopeo copy --quiet --insecure-policy --all ", reference,
                 " dir:", directory_.string(), "-copy"));
  }

  const fs::path directory_;
  testing::MemoryBlobStore blobs_;
  const std::unique_ptr<ImageStore> store_ = CreateBlobImageStore(&blobs_);
  Digest layer_ = Sha256Of("");
};

TEST_F(LayoutWriterTest, SkopeoAndUmociReadTheDirectory) {
  const LayoutImage files = Image("kubespray-files:v1", "files");
  LayoutImage images = Image("kubespray-images:v1", "images");
  images.ref_names.push_back("kubespray-images:latest");
  const absl::Status status =
      WriteOciLayout(*store_, {files, images}, directory_);
  ASSERT_TRUE(status.ok()) << status;
  const std::string prefix = Concat("oci:", directory_.string(), ":");
  ExpectReadable(Concat(prefix, "kubespray-files:v1"), files);
  ExpectReadable(Concat(prefix, "kubespray-images:v1"), images);
  ExpectReadable(Concat(prefix, "kubespray-images:latest"), images);
  EXPECT_EQ(Shell(Concat("umoci ls --layout ", directory_.string())),
            "kubespray-files:v1\nkubespray-images:v1\n"
            "kubespray-images:latest\n");
}

TEST_F(LayoutWriterTest, OtherNamesStayAndTheSameNameIsReplaced) {
  const LayoutImage old = Image("tool:v1", "old");
  const LayoutImage kept = Image("kept:v1", "kept");
  ASSERT_TRUE(WriteOciLayout(*store_, {old, kept}, directory_).ok());
  const LayoutImage replaced = Image("tool:v1", "new");
  ASSERT_TRUE(WriteOciLayout(*store_, {replaced}, directory_).ok());
  const std::string index = ReadFile(directory_ / "index.json");
  EXPECT_THAT(index, HasSubstr(kept.index.digest()));
  EXPECT_THAT(index, HasSubstr(replaced.index.digest()));
  EXPECT_THAT(index, Not(HasSubstr(old.index.digest())));
}

TEST_F(LayoutWriterTest, WhatCanBeLinkedIsNotCopied) {
  const LayoutImage image = Image("tool:v1", "x");
  const fs::path file = Concat(directory_.string(), "-file");
  const std::string right(1024, '\0');
  const auto link = [&](const Digest& digest, const fs::path& to) {
    if (digest != layer_) return absl::UnavailableError("not here");
    fs::create_hard_link(file, to);
    return absl::OkStatus();
  };
  for (const bool is_right : {true, false}) {
    fs::remove_all(directory_);
    std::ofstream(file) << (is_right ? right : "rotten");
    const int before = blobs_.opened();
    const absl::Status status =
        WriteOciLayout(*store_, {image}, directory_, link);
    ASSERT_TRUE(status.ok()) << status;
    const fs::path layer = directory_ / "blobs" / "sha256" / layer_.hex();
    EXPECT_EQ(fs::equivalent(layer, file), is_right);
    EXPECT_EQ(ReadFile(layer), right);
    // The index, the manifest and the config are read, and the layer where it
    // is wrong.
    EXPECT_EQ(blobs_.opened() - before, is_right ? 3 : 4);
  }
  EXPECT_EQ(ReadFile(file), "rotten");
}

TEST_F(LayoutWriterTest, FetchesOnlyWhatIsNotThereOrIsDamaged) {
  const LayoutImage image = Image("tool:v1", "x");
  ASSERT_TRUE(WriteOciLayout(*store_, {image}, directory_).ok());
  const int first = blobs_.opened();
  ASSERT_TRUE(WriteOciLayout(*store_, {image}, directory_).ok());
  // The index and the manifest are read to find the rest.
  EXPECT_EQ(blobs_.opened() - first, 2);

  const fs::path layer = directory_ / "blobs" / "sha256" / layer_.hex();
  std::ofstream(layer) << std::string(1024, 'x');
  ASSERT_TRUE(WriteOciLayout(*store_, {image}, directory_).ok());
  EXPECT_EQ(ReadFile(layer), std::string(1024, '\0'));
}

TEST_F(LayoutWriterTest, AFailureNamesNothing) {
  const LayoutImage image = Image("tool:v1", "x");
  blobs_.Damage(layer_, std::string(1024, 'x'));
  EXPECT_TRUE(absl::IsDataLoss(WriteOciLayout(*store_, {image}, directory_)));
  EXPECT_FALSE(fs::exists(directory_ / "index.json"));

  blobs_.Remove(layer_);
  const absl::Status missing = WriteOciLayout(*store_, {image}, directory_);
  EXPECT_TRUE(absl::IsNotFound(missing));
  EXPECT_THAT(std::string(missing.message()), HasSubstr(layer_.hex()));
}

TEST_F(LayoutWriterTest, BadNamesAreRefused) {
  for (const char* name :
       {"", "a b", "/a", "a/", "a//b", "-a", "../a", "a..b"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(
        WriteOciLayout(*store_, {Image(name, "x")}, directory_)))
        << name;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(
      WriteOciLayout(*store_, {Image("a", "x"), Image("a", "y")}, directory_)));
  EXPECT_FALSE(fs::exists(directory_));
}

TEST_F(LayoutWriterTest, AnotherKindOfDirectoryIsLeftAlone) {
  fs::create_directories(directory_);
  std::ofstream(directory_ / "index.json") << "{\"pages\":[]}";
  EXPECT_TRUE(absl::IsFailedPrecondition(
      WriteOciLayout(*store_, {Image("a", "x")}, directory_)));
  EXPECT_EQ(ReadFile(directory_ / "index.json"), "{\"pages\":[]}");
}

}  // namespace
}  // namespace kso::oci

// SPDX-License-Identifier: Apache-2.0
#include "worker/verify/wrong_layers.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/oci/blob_data_path.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kFile[] = "k8s/dl.k8s.io/kubelet";

// A base and two layers, "low" and "high".
class WrongLayersTest : public ::testing::Test {
 protected:
  WrongLayersTest() {
    for (const char* name : {"base", "low", "high"}) {
      fs::create_directories(root_.directory / name);
      root_.layers.push_back({.name = name});
    }
    for (const char* name : {"low", "high"}) {
      work_.add_layers()->set_digest(name);
    }
  }
  ~WrongLayersTest() override { fs::remove_all(root_.directory); }

  void Put(const std::string& layer, const std::string& path,
           const std::string& content) {
    const fs::path file = root_.directory / layer / path;
    fs::create_directories(file.parent_path());
    std::ofstream(file) << content;
  }
  // The image should serve the file with this content, from the layer "low".
  void ExpectFile(const std::string& content) {
    v1::MadeMember& file = *work_.mutable_files()->add_files();
    file.set_path(kFile);
    file.set_digest(Sha256Of(content).ToString());
    work_.mutable_layers(0)->add_served_digests(file.digest());
  }
  std::vector<std::string> Find() {
    TaskControl control;
    return FindWrongLayers(work_, root_, control).value();
  }

  RootFilesystem root_ = {
      .directory = fs::path(::testing::TempDir()) / "wrong_layers",
      .layers = {}};
  v1::VerifyImage work_;
};

TEST_F(WrongLayersTest, WhatIsRightIsNobodysFault) {
  ExpectFile("kubelet");
  Put("low", Concat("opt/k8s/", kFile), "kubelet");
  Put("base", Concat("opt/k8s/", kFile), "older");
  EXPECT_THAT(Find(), IsEmpty());
}

TEST_F(WrongLayersTest, TheLayerWithOtherBytesIsFound) {
  ExpectFile("kubelet");
  Put("low", Concat("opt/k8s/", kFile), "evil");
  EXPECT_THAT(Find(), ElementsAre("low"));
}

TEST_F(WrongLayersTest, ALayerThatCoversTheRightFileIsFound) {
  ExpectFile("kubelet");
  Put("low", Concat("opt/k8s/", kFile), "kubelet");
  Put("high", Concat("opt/k8s/", kFile), "evil");
  EXPECT_THAT(Find(), ElementsAre("high"));
}

TEST_F(WrongLayersTest, TheLayerThatLacksAFileIsFound) {
  ExpectFile("kubelet");
  EXPECT_THAT(Find(), ElementsAre("low"));
}

TEST_F(WrongLayersTest, ALinkIsNoFileAndIsNotFollowed) {
  ExpectFile("kubelet");
  Put("base", "kubelet", "kubelet");
  fs::create_directories(root_.directory / "low/opt/k8s/k8s/dl.k8s.io");
  fs::create_symlink(root_.directory / "base/kubelet",
                     root_.directory / "low/opt/k8s" / kFile);
  EXPECT_THAT(Find(), ElementsAre("low"));
}

TEST_F(WrongLayersTest, NorIsADirectoryThatIsALink) {
  ExpectFile("kubelet");
  Put("base", Concat("opt/k8s/", kFile), "kubelet");
  fs::create_directory_symlink(root_.directory / "base/opt",
                               root_.directory / "low/opt");
  EXPECT_THAT(Find(), ElementsAre("low"));
}

TEST_F(WrongLayersTest, AFileMayBeMissingInItsDirectory) {
  ExpectFile("kubelet");
  Put("low", "opt/k8s/k8s/dl.k8s.io/kubectl", "kubectl");
  EXPECT_THAT(Find(), ElementsAre("low"));
}

TEST_F(WrongLayersTest, AnImageWithoutABaseHasItsLayersOnly) {
  root_.layers.erase(root_.layers.begin());
  ExpectFile("kubelet");
  Put("low", Concat("opt/k8s/", kFile), "evil");
  EXPECT_THAT(Find(), ElementsAre("low"));
  // Fewer than were made for it: they are not its last, and say nothing.
  root_.layers.pop_back();
  EXPECT_THAT(Find(), IsEmpty());
}

TEST_F(WrongLayersTest, ACancelledTaskLooksNoFurther) {
  ExpectFile("kubelet");
  Put("low", Concat("opt/k8s/", kFile), "evil");
  TaskControl control;
  control.Cancel();
  EXPECT_TRUE(
      absl::IsCancelled(FindWrongLayers(work_, root_, control).status()));
}

TEST_F(WrongLayersTest, AStatedSha512Counts) {
  ExpectFile("kubelet");
  Put("low", Concat("opt/k8s/", kFile), "kubelet");
  work_.mutable_files()->mutable_files(0)->set_sha512("sha512:" +
                                                      std::string(128, 'a'));
  EXPECT_THAT(Find(), ElementsAre("low"));
}

TEST_F(WrongLayersTest, BlobsAreLookedAtWhereTheRegistryHasThem) {
  work_.mutable_images();
  const Digest blob = Sha256Of("blob");
  work_.mutable_layers(1)->add_served_digests(blob.ToString());
  work_.mutable_layers(1)->add_served_digests("no digest");
  Put("high", oci::BlobDataPath(blob), "blob");
  EXPECT_THAT(Find(), IsEmpty());
  Put("high", oci::BlobDataPath(blob), "evil");
  EXPECT_THAT(Find(), ElementsAre("high"));
}

}  // namespace
}  // namespace kso::worker

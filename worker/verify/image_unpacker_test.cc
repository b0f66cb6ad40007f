// SPDX-License-Identifier: Apache-2.0
#include "worker/verify/image_unpacker.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "common/base/strings.h"
#include "common/bytes/sinks.h"
#include "common/layer/layer_writer.h"
#include "common/oci/media_types.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_image_stores.h"
#include "tests/fakes/tar_layers.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;
using testing::ContentOf;
using testing::File;
using testing::LayerBytes;

constexpr char kRepository[] = "team/kubespray-files";

class ImageUnpackerTest : public ::testing::Test {
 protected:
  ImageUnpackerTest() { fs::create_directories(root_ / "work"); }
  ~ImageUnpackerTest() override { fs::remove_all(root_); }

  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root unpacks layers";
    v1::Destination where;
    where.set_kind(v1::Destination::REGISTRY);
    where.set_location("destination/team");
    destination_ = stores_.OpenDestination(where, control_).value();
  }

  // The layer's blob is at the destination.
  v1::Descriptor AtDestination(const LayerBytes& layer) {
    return stores_.AddBlob(Concat("destination/", kRepository), layer.bytes(),
                           oci::kOciLayerTar);
  }
  void Cache(const std::string& content) {
    ASSERT_TRUE(blobs_
                    ->Put(Sha256Of(content),
                          static_cast<int64_t>(content.size()),
                          *SourceOfString(content))
                    .ok());
  }
  // `content` comes from the cache, as members of layers do.
  static MadeFile FileOfCache(const std::string& path,
                              const std::string& content) {
    return {.path = path,
            .size = static_cast<int64_t>(content.size()),
            .blob = Sha256Of(content)};
  }
  // The layer's descriptor and diffID.
  WrittenLayer Make(const std::vector<MadeFile>& made) {
    std::vector<LayerFile> files;
    for (const MadeFile& file : made) {
      files.push_back({.path = file.path,
                       .size = file.size,
                       .mode = file.mode,
                       .mtime = file.mtime,
                       .open = [this, blob = file.blob](int64_t offset) {
                         return blobs_->Open(blob, offset);
                       }});
    }
    StringSink encoded;
    WrittenLayer written =
        WriteLayer(std::move(files), oci::kOciLayerGzip, encoded).value();
    made_.Add({.digest = written.descriptor.digest(),
               .diff_id = written.diff_id.ToString(),
               .files = made});
    return written;
  }
  absl::StatusOr<RootFilesystem> Unpack(const v1::Descriptor& blob,
                                        const std::string& diff_id) {
    return UnpackAll({blob}, {diff_id});
  }
  absl::StatusOr<RootFilesystem> UnpackAll(
      const std::vector<v1::Descriptor>& blobs,
      const std::vector<std::string>& diff_ids) {
    ImageUnpacker unpacker({.cache = blobs_.get(),
                            .made_layers = &made_,
                            .destination = destination_.get(),
                            .repository = kRepository},
                           root_ / "work", layers_.get(), &control_);
    return unpacker.Unpack(blobs, diff_ids);
  }
  fs::path CachedPath(const std::string& content) {
    const std::string hex = Sha256Of(content).hex();
    return root_ / "blobs" / "sha256" / hex.substr(0, 2) / hex;
  }

  std::string FileIn(const RootFilesystem& image, const std::string& path) {
    return ContentOf(image.directory / image.layers[0].name / path);
  }

  const fs::path root_ = fs::path(::testing::TempDir()) / "image_unpacker";
  std::unique_ptr<DiskBlobStore> OpenCache() {
    return DiskBlobStore::Create(root_ / "blobs",
                                 DiskLimits{.max_bytes = 1 << 20})
        .value();
  }

  std::unique_ptr<LayerCache> OpenLayers() {
    return std::make_unique<LayerCache>(root_ / "layers", 1 << 20, "",
                                        blobs_.get(), Clock::Real());
  }
  // As when the machine was restarted.
  void Restart() {
    layers_ = nullptr;
    blobs_ = nullptr;
    blobs_ = OpenCache();
    layers_ = OpenLayers();
  }

  std::unique_ptr<DiskBlobStore> blobs_ = OpenCache();
  std::unique_ptr<LayerCache> layers_ = OpenLayers();
  MadeLayers made_{root_ / "made-layers"};
  testing::FakeImageStores stores_;
  TaskControl control_;
  std::unique_ptr<oci::ImageStore> destination_;
};

TEST_F(ImageUnpackerTest, AForeignLayerComesFromTheDestination) {
  const LayerBytes layer{{File("kubelet", "the kubelet")}};
  const v1::Descriptor blob = AtDestination(layer);
  const auto image = Unpack(blob, blob.digest());
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(FileIn(*image, "kubelet"), "the kubelet");
  EXPECT_EQ(stores_.blob_gets(), 1);
  EXPECT_EQ(control_.bytes_fetched(), blob.size());
}

// The server in the image makes the ETag of it.
TEST_F(ImageUnpackerTest, AFileOfALayerThatWasMadeHereHasItsTime) {
  Cache("the kubelet");
  MadeFile made = FileOfCache("opt/kubelet", "the kubelet");
  made.mtime = 12345;
  const WrittenLayer written = Make({made});
  const auto image = Unpack(written.descriptor, written.diff_id.ToString());
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(stores_.blob_gets(), 0);
  struct stat info;
  const fs::path file =
      image->directory / image->layers[0].name / "opt/kubelet";
  ASSERT_EQ(stat(file.c_str(), &info), 0);
  EXPECT_EQ(info.st_mtime, 12345);
  EXPECT_EQ(info.st_mtim.tv_nsec, 0);
  EXPECT_EQ(info.st_nlink, 1u);
}

TEST_F(ImageUnpackerTest, ACachedFileWithTheTimeOfTheLayersIsLinked) {
  Cache("the kubelet");
  struct stat info;
  ASSERT_EQ(stat(CachedPath("the kubelet").c_str(), &info), 0);
  MadeFile made = FileOfCache("opt/kubelet", "the kubelet");
  made.mtime = info.st_mtime;
  const WrittenLayer written = Make({made});
  const auto image = Unpack(written.descriptor, written.diff_id.ToString());
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(fs::hard_link_count(image->directory / image->layers[0].name /
                                "opt/kubelet"),
            2);
}

// The image's program runs as another user than the worker.
TEST_F(ImageUnpackerTest, AFileOfAnotherOwnerIsCopied) {
  for (const auto& [content, user, group] :
       {std::tuple("of a user", 1000, 0), std::tuple("of a group", 0, 1000)}) {
    Cache(content);
    ASSERT_EQ(chown(CachedPath(content).c_str(), static_cast<uid_t>(user),
                    static_cast<gid_t>(group)),
              0);
    const WrittenLayer written = Make({FileOfCache("file", content)});
    const auto image = Unpack(written.descriptor, written.diff_id.ToString());
    ASSERT_TRUE(image.ok()) << image.status();
    struct stat info;
    ASSERT_EQ(stat((image->directory / image->layers[0].name / "file").c_str(),
                   &info),
              0);
    EXPECT_EQ(info.st_nlink, 1u) << content;
    EXPECT_EQ(info.st_uid, 0u) << content;
    EXPECT_EQ(info.st_gid, 0u) << content;
  }
}

TEST_F(ImageUnpackerTest, AManifestAndAConfigThatDisagreeAreRefused) {
  const LayerBytes layer{{File("kubelet", "the kubelet")}};
  const v1::Descriptor blob = AtDestination(layer);
  for (const auto& diff_ids :
       {std::vector<std::string>{},
        std::vector<std::string>{blob.digest(), blob.digest()}}) {
    const auto image = UnpackAll({blob}, diff_ids);
    EXPECT_TRUE(absl::IsFailedPrecondition(image.status())) << image.status();
  }
}

TEST_F(ImageUnpackerTest, OnlyWhatHasToComeNeedsRoom) {
  constexpr int64_t kMoreThanAnyDisk = int64_t{1} << 60;
  const LayerBytes layer{{File("kubelet", "the kubelet")}};
  v1::Descriptor blob = AtDestination(layer);
  const std::string diff_id = blob.digest();
  blob.set_size(kMoreThanAnyDisk);
  const absl::Status absurd = Unpack(blob, diff_id).status();
  EXPECT_NE(std::string(absurd.message()).find("the whole disk"),
            std::string::npos)
      << absurd;
  EXPECT_EQ(stores_.blob_gets(), 0);
  // One that is unpacked is there, whatever is said of it.
  blob.set_size(static_cast<int64_t>(layer.bytes().size()));
  ASSERT_TRUE(Unpack(blob, diff_id).ok());
  blob.set_size(kMoreThanAnyDisk);
  EXPECT_TRUE(Unpack(blob, diff_id).ok());
  // And so are the files of one that was made here.
  Cache("the kubelet");
  WrittenLayer written = Make({FileOfCache("opt/kubelet", "the kubelet")});
  written.descriptor.set_size(kMoreThanAnyDisk);
  EXPECT_TRUE(Unpack(written.descriptor, written.diff_id.ToString()).ok());
}

TEST_F(ImageUnpackerTest, ACancelledTaskLinksNothing) {
  Cache("the kubelet");
  const WrittenLayer written = Make({FileOfCache("kubelet", "the kubelet")});
  control_.Cancel();
  EXPECT_FALSE(Unpack(written.descriptor, written.diff_id.ToString()).ok());
  EXPECT_TRUE(fs::is_empty(layers_->directory()));
}

TEST_F(ImageUnpackerTest, ALayerThatWasMadeHereDoesNotComeBack) {
  Cache("the kubelet");
  const WrittenLayer written =
      Make({FileOfCache("opt/kubelet", "the kubelet")});
  const auto image = Unpack(written.descriptor, written.diff_id.ToString());
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(FileIn(*image, "opt/kubelet"), "the kubelet");
  EXPECT_EQ(stores_.blob_gets(), 0);
  EXPECT_EQ(control_.bytes_fetched(), 0);
  EXPECT_EQ(layers_->UsedBytes(), 11);
}

TEST_F(ImageUnpackerTest, WhatIsCachedAsItIsIsOnDiskOnce) {
  Cache("the kubelet");
  Cache("a script");
  MadeFile script = FileOfCache("bin/script", "a script");
  script.mode = 0755;
  const WrittenLayer written =
      Make({script, FileOfCache("opt/kubelet", "the kubelet"),
            FileOfCache("opt/same", "the kubelet")});
  const auto image = Unpack(written.descriptor, written.diff_id.ToString());
  ASSERT_TRUE(image.ok()) << image.status();
  const fs::path layer = image->directory / image->layers[0].name;
  const fs::path cached = CachedPath("the kubelet");
  EXPECT_TRUE(fs::equivalent(layer / "opt/kubelet", cached));
  EXPECT_TRUE(fs::equivalent(layer / "opt/same", cached));
  // With the mode of the layer, and the cache's as it was.
  EXPECT_EQ(FileIn(*image, "bin/script"), "a script");
  EXPECT_EQ(fs::hard_link_count(layer / "bin/script"), 1);
  EXPECT_EQ(fs::status(layer / "bin/script").permissions(), fs::perms(0755));
  EXPECT_EQ(fs::status(layer / "opt").permissions(), fs::perms(0755));
}

TEST_F(ImageUnpackerTest, WhatWasCachedBeforeThisProcessIsLinkedOnceItIsRead) {
  Cache("the kubelet");
  Cache("the kubectl");
  const WrittenLayer written = Make({FileOfCache("kubectl", "the kubectl"),
                                     FileOfCache("kubelet", "the kubelet")});
  Restart();
  const auto image = Unpack(written.descriptor, written.diff_id.ToString());
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(FileIn(*image, "kubelet"), "the kubelet");
  EXPECT_EQ(
      fs::hard_link_count(image->directory / image->layers[0].name / "kubelet"),
      2);
  EXPECT_EQ(stores_.blob_gets(), 0);
}

// To evict it would free nothing.
TEST_F(ImageUnpackerTest, WhatAnImageLinksStaysCachedWhileItIsInUse) {
  Cache("the kubelet");
  const WrittenLayer written = Make({FileOfCache("kubelet", "the kubelet")});
  {
    const auto image = Unpack(written.descriptor, written.diff_id.ToString());
    ASSERT_TRUE(image.ok()) << image.status();
    EXPECT_TRUE(blobs_->MakeRoom(1 << 20).ok());
    EXPECT_TRUE(blobs_->Stat(Sha256Of("the kubelet")).ok());
  }
  EXPECT_TRUE(blobs_->MakeRoom(1 << 20).ok());
  EXPECT_FALSE(blobs_->Stat(Sha256Of("the kubelet")).ok());
}

// Its bytes are not what the layer was made of.
TEST_F(ImageUnpackerTest, WhatHasRottedIsNotLinked) {
  Cache("the kubelet");
  const std::vector<MadeFile> files = {FileOfCache("kubelet", "the kubelet")};
  const WrittenLayer written = Make(files);
  std::ofstream(CachedPath("the kubelet")) << "the kubelEt";
  const auto image = Unpack(written.descriptor, written.diff_id.ToString());
  // Nor is it at the destination.
  EXPECT_TRUE(absl::IsNotFound(image.status())) << image.status();
}

TEST_F(ImageUnpackerTest, ABlobInTheCacheDoesNotComeBack) {
  const LayerBytes base{{File("nginx", "of the base")}};
  Cache(base.bytes());
  v1::Descriptor blob;
  blob.set_media_type(std::string(oci::kOciLayerTar));
  blob.set_digest(Sha256Of(base.bytes()).ToString());
  blob.set_size(static_cast<int64_t>(base.bytes().size()));
  const auto image = Unpack(blob, blob.digest());
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(FileIn(*image, "nginx"), "of the base");
  EXPECT_EQ(stores_.blob_gets(), 0);
}

TEST_F(ImageUnpackerTest, WhatTheCacheLostComesFromTheDestination) {
  const LayerBytes layer{{File("kubelet", "the kubelet")}};
  const v1::Descriptor blob = AtDestination(layer);
  made_.Add({.digest = blob.digest(),
             .diff_id = blob.digest(),
             .files = {FileOfCache("kubelet", "the kubelet")}});
  const auto image = Unpack(blob, blob.digest());
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(FileIn(*image, "kubelet"), "the kubelet");
  EXPECT_EQ(stores_.blob_gets(), 1);
}

// It is another layer then, or an image that is wrong.
TEST_F(ImageUnpackerTest, OnlyTheDiffIdThatWasMadeIsTakenFromTheCache) {
  Cache("the kubelet");
  const WrittenLayer written = Make({FileOfCache("kubelet", "the kubelet")});
  const auto image =
      Unpack(written.descriptor, Sha256Of("another tar").ToString());
  EXPECT_TRUE(absl::IsNotFound(image.status())) << image.status();
}

// Whoever unpacks the image takes it for a whiteout.
TEST_F(ImageUnpackerTest, AFileThatIsAWhiteoutIsNotLinked) {
  Cache("the kubelet");
  const WrittenLayer written =
      Make({FileOfCache("bin/.wh.kubelet", "the kubelet")});
  const auto image = Unpack(written.descriptor, written.diff_id.ToString());
  EXPECT_TRUE(absl::IsNotFound(image.status())) << image.status();
}

TEST_F(ImageUnpackerTest, AFileOutsideOfItsLayerIsNotLinked) {
  Cache("the kubelet");
  const WrittenLayer written =
      Make({FileOfCache("bin/kubelet", "the kubelet")});
  for (const char* path : {"../kubelet", "bin/../../kubelet", ".", ""}) {
    // It is remembered so, as if read back from the disk.
    made_.Add({.digest = written.descriptor.digest(),
               .diff_id = written.diff_id.ToString(),
               .files = {FileOfCache(path, "the kubelet")}});
    const auto image = Unpack(written.descriptor, written.diff_id.ToString());
    EXPECT_TRUE(absl::IsNotFound(image.status())) << path << image.status();
  }
}

TEST_F(ImageUnpackerTest, NamesTheLayerThatIsNowhere) {
  const LayerBytes layer{{File("kubelet", "the kubelet")}};
  const std::string digest = Sha256Of(layer.bytes()).ToString();
  v1::Descriptor blob;
  blob.set_media_type(std::string(oci::kOciLayerTar));
  blob.set_digest(digest);
  const auto image = Unpack(blob, digest);
  EXPECT_TRUE(absl::IsNotFound(image.status())) << image.status();
  EXPECT_NE(image.status().message().find(digest), std::string::npos);
}

}  // namespace
}  // namespace kso::worker

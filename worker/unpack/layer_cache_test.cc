// SPDX-License-Identifier: Apache-2.0
#include "worker/unpack/layer_cache.h"

#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "common/oci/media_types.h"
#include "gtest/gtest.h"
#include "tests/fakes/tar_layers.h"
#include "worker/unpack/layer_records.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;
using testing::File;
using testing::LayerBytes;

class LayerCacheTest : public ::testing::Test {
 protected:
  LayerCacheTest() { fs::create_directories(root_); }
  ~LayerCacheTest() override { fs::remove_all(root_); }

  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root unpacks layers";
  }

  absl::StatusOr<UnpackedLayer> Get(const std::string& tar,
                                    const std::string& blob_name = "") {
    v1::Descriptor blob;
    blob.set_media_type(std::string(oci::kOciLayerTar));
    blob.set_digest(Sha256Of(tar + blob_name).ToString());
    blob.set_size(static_cast<int64_t>(tar.size()));
    TaskControl control;
    std::vector<LayerSource> sources = before_;
    sources.push_back(
        UnpackWhatIsSent(Packed(oci::kOciLayerTar, tar), [&](ByteSink& sink) {
          ++sent_;
          return sink.Write(tar);
        }));
    return cache_->Get(blob, Sha256Of(tar), root_ / std::to_string(scratch_++),
                       sources, control);
  }
  static PackedLayer Packed(std::string_view media_type,
                            const std::string& tar) {
    return {.media_type = std::string(media_type),
            .size = static_cast<int64_t>(tar.size()),
            .diff_id = Sha256Of(tar)};
  }
  // With room for two layers of a test, each of 100 bytes and an entry.
  std::unique_ptr<LayerCache> NewCache(const std::string& boot,
                                       int64_t max_bytes = 2 * kLayerBytes) {
    return std::make_unique<LayerCache>(root_ / "layers", max_bytes, boot,
                                        blobs_.get(), Clock::Real());
  }
  // As if the layer had not been unpacked just now.
  void MakeOlder(const std::string& name) {
    fs::last_write_time(
        cache_->directory() / (name + ".whole"),
        fs::file_time_type::clock::now() - std::chrono::hours(1));
  }
  bool IsThere(const std::string& name) {
    return fs::exists(cache_->directory() / name);
  }

  static constexpr int64_t kLayerBytes = 100 + 4096;
  const fs::path root_ = fs::path(::testing::TempDir()) / "layer_cache";
  const std::unique_ptr<DiskBlobStore> blobs_ =
      DiskBlobStore::Create(root_ / "blobs").value();
  std::unique_ptr<LayerCache> cache_ = NewCache("boot-1");
  const LayerBytes first_{{File("first", std::string(100, '1'))}};
  const LayerBytes second_{{File("second", std::string(100, '2'))}};
  const LayerBytes third_{{File("third", std::string(100, '3'))}};
  // Sources to try before the one that is counted.
  std::vector<LayerSource> before_;
  std::atomic<int> scratch_ = 0;
  std::atomic<int> sent_ = 0;
};

TEST_F(LayerCacheTest, UnpacksALayerOnceForAll) {
  std::vector<std::thread> tasks;
  for (int i = 0; i < 4; ++i) {
    tasks.emplace_back([this] { EXPECT_TRUE(Get(first_.bytes()).ok()); });
  }
  for (std::thread& task : tasks) task.join();
  EXPECT_EQ(sent_, 1);
  const auto layer = Get(first_.bytes());
  EXPECT_EQ(testing::ContentOf(cache_->directory() / layer->name / "first"),
            std::string(100, '1'));
}

// Only its own blob proves that a registry has a layer.
TEST_F(LayerCacheTest, AnotherBlobWithTheSameDiffIdIsAnotherLayer) {
  ASSERT_TRUE(Get(first_.bytes()).ok());
  ASSERT_TRUE(Get(first_.bytes(), "encoded otherwise").ok());
  EXPECT_EQ(sent_, 2);
}

TEST_F(LayerCacheTest, TakesTheFirstSourceThatGivesTheLayer) {
  const LayerBytes other{{File("other", "of another layer")}};
  const PackedLayer tar = Packed(oci::kOciLayerTar, first_.bytes());
  before_.push_back(UnpackWhatIsSent(
      tar, [](ByteSink&) { return absl::NotFoundError("evicted"); }));
  before_.push_back(UnpackWhatIsSent(
      tar, [&](ByteSink& sink) { return sink.Write(other.bytes()); }));
  before_.push_back(
      UnpackWhatIsSent(Packed(oci::kOciLayerGzip, first_.bytes()),
                       [](ByteSink& sink) { return sink.Write("rotted"); }));
  const auto from_last = Get(first_.bytes());
  ASSERT_TRUE(from_last.ok()) << from_last.status();
  EXPECT_EQ(sent_, 1);
  EXPECT_FALSE(IsThere(from_last->name + "/other"));
  EXPECT_TRUE(IsThere(from_last->name + "/first"));

  const LayerBytes encoded{{File("second", std::string(100, '2'))},
                           archive_write_add_filter_gzip};
  before_.push_back(UnpackWhatIsSent(
      Packed(oci::kOciLayerGzip, second_.bytes()),
      [&](ByteSink& sink) { return sink.Write(encoded.bytes()); }));
  ASSERT_TRUE(Get(second_.bytes()).ok());
  EXPECT_EQ(sent_, 1);
}

TEST_F(LayerCacheTest, DropsWhatWasNotUsedForLongest) {
  const std::string first = Get(first_.bytes())->name;
  const std::string second = Get(second_.bytes())->name;
  ASSERT_TRUE(Get(first_.bytes()).ok());
  const std::string third = Get(third_.bytes())->name;
  EXPECT_TRUE(IsThere(first));
  EXPECT_FALSE(IsThere(second));
  EXPECT_TRUE(IsThere(third));
  cache_->RemoveIdle();
  EXPECT_TRUE(fs::is_empty(cache_->directory()));
}

TEST_F(LayerCacheTest, KeepsWhatIsInUse) {
  const auto first = Get(first_.bytes());
  const auto second = Get(second_.bytes());
  const auto third = Get(third_.bytes());
  cache_->RemoveIdle();
  for (const auto& layer : {first, second, third}) {
    EXPECT_TRUE(IsThere(layer->name));
  }
}

TEST_F(LayerCacheTest, KeepsNothingOfWhatWentWrong) {
  EXPECT_FALSE(Get("no tar at all").ok());
  EXPECT_TRUE(fs::is_empty(cache_->directory()));
  EXPECT_FALSE(Get("no tar at all").ok());
  EXPECT_EQ(sent_, 2);
}

TEST_F(LayerCacheTest, TheNextProcessUsesWhatIsWhole) {
  const std::string first = Get(first_.bytes())->name;
  const std::string second = Get(second_.bytes())->name;
  // As one that was killed leaves what it was at.
  fs::create_directory(cache_->directory() / "half");
  cache_ = NewCache("boot-1");
  EXPECT_FALSE(IsThere("half"));
  EXPECT_EQ(Get(second_.bytes())->name, second);
  EXPECT_EQ(Get(first_.bytes())->name, first);
  EXPECT_EQ(sent_, 2);
  // They count as any other.
  ASSERT_TRUE(Get(third_.bytes()).ok());
  EXPECT_FALSE(IsThere(second));
  EXPECT_TRUE(IsThere(first));
}

TEST_F(LayerCacheTest, TheNextProcessKnowsWhichIsOlder) {
  for (const bool first_is_older : {true, false}) {
    const std::string first = Get(first_.bytes())->name;
    const std::string second = Get(second_.bytes())->name;
    MakeOlder(first_is_older ? first : second);
    cache_ = NewCache("boot-1");
    ASSERT_TRUE(Get(third_.bytes()).ok());
    EXPECT_EQ(IsThere(first), !first_is_older);
    EXPECT_EQ(IsThere(second), first_is_older);
    cache_->RemoveIdle();
  }
}

TEST_F(LayerCacheTest, TheNextProcessKeepsNoMoreThanItMay) {
  const std::string first = Get(first_.bytes())->name;
  const std::string second = Get(second_.bytes())->name;
  MakeOlder(first);
  cache_ = NewCache("boot-1", 2 * kLayerBytes);
  EXPECT_TRUE(IsThere(first));
  EXPECT_EQ(cache_->UsedBytes(), 2 * kLayerBytes);
  cache_ = NewCache("boot-1", 2 * kLayerBytes - 1);
  EXPECT_FALSE(IsThere(first));
  EXPECT_TRUE(IsThere(second));
}

// A source that links files asks for no room.
TEST_F(LayerCacheTest, WhatWasLinkedCountsToo) {
  int64_t bytes = kLayerBytes;
  before_.push_back(
      [&bytes](const fs::path&, const MakeRoom&) -> absl::StatusOr<int64_t> {
        return bytes;
      });
  const std::string first = Get(first_.bytes())->name;
  const std::string second = Get(second_.bytes())->name;
  EXPECT_TRUE(IsThere(first));
  ASSERT_TRUE(Get(third_.bytes()).ok());
  EXPECT_FALSE(IsThere(first));
  EXPECT_TRUE(IsThere(second));
  // One byte too many is too much, too.
  cache_->RemoveIdle();
  ASSERT_TRUE(Get(first_.bytes()).ok());
  ++bytes;
  ASSERT_TRUE(Get(second_.bytes()).ok());
  EXPECT_FALSE(IsThere(first));
  EXPECT_TRUE(IsThere(second));
}

TEST_F(LayerCacheTest, OnlyARecordThatIsWholeAndRightIsBelieved) {
  const std::string first = Get(first_.bytes())->name;
  const fs::path path = cache_->directory() / (first + ".whole");
  std::string key;
  std::string bytes;
  std::string version;
  std::ifstream(path) >> key >> bytes >> version;
  const struct {
    std::string record;
    bool believed;
  } kCases[] = {{key + " " + bytes + " " + version + " boot-1", true},
                {key + " 0 " + version + " boot-1", true},
                {key + " -1 " + version + " boot-1", false},
                {key + " many " + version + " boot-1", false},
                {key + " " + bytes + " 0.0.9 boot-1", false},
                {key + " " + bytes + " " + version + " boot-2", false},
                {key + " " + bytes + " " + version, false},
                {"garbage " + bytes + " " + version + " boot-1", false},
                {"", false}};
  for (const auto& [record, believed] : kCases) {
    ASSERT_TRUE(Get(first_.bytes()).ok());
    std::ofstream(path) << record << "\n";
    cache_ = NewCache("boot-1");
    EXPECT_EQ(IsThere(first), believed) << record;
    EXPECT_EQ(fs::exists(path), believed) << record;
  }
}

TEST_F(LayerCacheTest, ALayerHasOneRecord) {
  const std::string first = Get(first_.bytes())->name;
  fs::copy_file(cache_->directory() / (first + ".whole"),
                cache_->directory() / "other.whole");
  cache_ = NewCache("boot-1");
  EXPECT_TRUE(IsThere(first));
  EXPECT_FALSE(IsThere("other.whole"));
  EXPECT_EQ(cache_->UsedBytes(), kLayerBytes);
}

// Another name would cost all layers with the next version.
TEST_F(LayerCacheTest, ALayerIsNamedByTheBeginningOfItsKey) {
  const Digest key = Sha256Of("layer");
  EXPECT_EQ(LayerRecords::NameOf(key), key.hex().substr(0, 30));
}

TEST_F(LayerCacheTest, NothingIsUsedAfterTheMachineWasDown) {
  for (const std::string boot : {"boot-2", ""}) {
    ASSERT_TRUE(Get(first_.bytes()).ok());
    sent_ = 0;
    cache_ = NewCache(boot);
    EXPECT_TRUE(fs::is_empty(cache_->directory()));
    ASSERT_TRUE(Get(first_.bytes()).ok());
    EXPECT_EQ(sent_, 1);
  }
}

// It was being removed, or never came.
TEST_F(LayerCacheTest, ALayerWithoutARecordIsNotUsed) {
  const std::string first = Get(first_.bytes())->name;
  const std::string second = Get(second_.bytes())->name;
  fs::remove(cache_->directory() / (first + ".whole"));
  fs::remove_all(cache_->directory() / second);
  cache_ = NewCache("boot-1");
  EXPECT_TRUE(fs::is_empty(cache_->directory()));
  ASSERT_TRUE(Get(first_.bytes()).ok());
  ASSERT_TRUE(Get(second_.bytes()).ok());
  EXPECT_EQ(sent_, 4);
}

// Setuid programs of images are in there.
TEST_F(LayerCacheTest, OtherUsersCannotEnter) {
  struct stat info;
  ASSERT_EQ(stat(cache_->directory().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
}

}  // namespace
}  // namespace kso::worker

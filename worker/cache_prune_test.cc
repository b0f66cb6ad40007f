// SPDX-License-Identifier: Apache-2.0
#include "worker/cache_prune.h"

#include <unistd.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "common/base/proto_time.h"
#include "common/blob/disk_blob_store.h"
#include "common/bytes/byte_stream.h"
#include "common/oci/media_types.h"
#include "gtest/gtest.h"
#include "kso/v1/worker.pb.h"
#include "tests/fakes/tar_layers.h"
#include "worker/unpack/layer_cache.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kBlob = 1000;

class CachePruneTest : public ::testing::Test {
 protected:
  CachePruneTest() {
    fs::remove_all(root_);
    fs::create_directories(root_);
    blobs_ = *DiskBlobStore::Create(root_ / "blobs", DiskLimits{});
    layers_ = std::make_unique<LayerCache>(root_ / "layers", 1 << 20, "boot",
                                           blobs_.get(), Clock::Real());
  }
  ~CachePruneTest() override {
    layers_ = nullptr;
    blobs_ = nullptr;
    fs::remove_all(root_);
  }

  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "only root unpacks layers";
    for (const char content : {'a', 'b', 'c'}) Put(content);
    Unpack();
  }

  void Put(char content) {
    const std::string bytes(kBlob, content);
    const auto source = SourceOfString(bytes);
    ASSERT_TRUE(blobs_->Put(Sha256Of(bytes), kBlob, *source).ok());
  }

  void Unpack() {
    const testing::LayerBytes layer(
        {testing::File("file", std::string(2000, '1'))});
    const std::string& tar = layer.bytes();
    v1::Descriptor blob;
    blob.set_media_type(std::string(oci::kOciLayerTar));
    blob.set_digest(Sha256Of(tar).ToString());
    blob.set_size(static_cast<int64_t>(tar.size()));
    TaskControl control;
    ASSERT_TRUE(layers_
                    ->Get(blob, Sha256Of(tar), root_ / "scratch",
                          {UnpackWhatIsSent(
                              {.media_type = std::string(oci::kOciLayerTar),
                               .size = static_cast<int64_t>(tar.size()),
                               .diff_id = Sha256Of(tar)},
                              [&](ByteSink& sink) { return sink.Write(tar); })},
                          control)
                    .ok());
    ASSERT_GT(layers_->UsedBytes(), 0);
  }

  int64_t Prune(const v1::CachePruning& pruning) {
    const absl::StatusOr<int64_t> freed = PruneCache(cache(), pruning, now_);
    EXPECT_TRUE(freed.ok()) << freed.status();
    return freed.value_or(-1);
  }

  PrunedCache cache() {
    return {.blobs = blobs_.get(),
            .layers = layers_.get(),
            .partial_directory = root_ / "partial"};
  }

  const fs::path root_ = fs::path(::testing::TempDir()) / "cache_prune";
  absl::Time now_ = absl::Now();
  std::unique_ptr<DiskBlobStore> blobs_;
  std::unique_ptr<LayerCache> layers_;
};

TEST_F(CachePruneTest, ASizeHoldsForUnpackedLayersToo) {
  const int64_t before = UsedBytes(cache());
  v1::CachePruning pruning;
  pruning.set_keep_bytes(2 * kBlob);
  EXPECT_EQ(Prune(pruning), before - 2 * kBlob);
  EXPECT_EQ(UsedBytes(cache()), 2 * kBlob);
  EXPECT_EQ(layers_->UsedBytes(), 0);
}

TEST_F(CachePruneTest, LayersGoFirstAndBlobsStayWhereThatIsEnough) {
  v1::CachePruning pruning;
  pruning.set_keep_bytes(3 * kBlob);
  Prune(pruning);
  EXPECT_EQ(blobs_->UsedBytes(), 3 * kBlob);
  EXPECT_EQ(layers_->UsedBytes(), 0);
}

TEST_F(CachePruneTest, NothingGoesWhereThereIsNoMoreThanTheSize) {
  const int64_t before = UsedBytes(cache());
  v1::CachePruning pruning;
  pruning.set_keep_bytes(before);
  EXPECT_EQ(Prune(pruning), 0);
  EXPECT_EQ(UsedBytes(cache()), before);
}

TEST_F(CachePruneTest, WhatWasUsedLatelyStaysByAge) {
  const int64_t before = UsedBytes(cache());
  v1::CachePruning pruning;
  *pruning.mutable_older_than() = ToProto(absl::Hours(1));
  EXPECT_EQ(Prune(pruning), 0);
  EXPECT_EQ(UsedBytes(cache()), before);
}

TEST_F(CachePruneTest, WithoutALimitEverythingGoes) {
  Prune(v1::CachePruning());
  EXPECT_EQ(UsedBytes(cache()), 0);
}

}  // namespace
}  // namespace kso::worker

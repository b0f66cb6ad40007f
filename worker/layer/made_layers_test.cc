// SPDX-License-Identifier: Apache-2.0
#include "worker/layer/made_layers.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "common/bytes/digest.h"
#include "gtest/gtest.h"
#include "kso/v1/worker_disk.pb.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

class MadeLayersTest : public ::testing::Test {
 protected:
  MadeLayersTest() {
    fs::remove_all(directory_);
    Restart();
  }

  void Restart() { layers_ = std::make_unique<MadeLayers>(directory_, 3); }
  // Adds layer `number` with so many files.
  void Add(int number, int count) {
    MadeLayer layer{.digest = Digest(number), .diff_id = DiffId(number)};
    for (int i = 0; i < count; ++i) {
      layer.files.push_back({.path = "file" + std::to_string(number),
                             .size = 7,
                             .mode = 0755,
                             .blob = Sha256Of("content")});
    }
    layers_->Add(std::move(layer));
  }
  std::optional<std::vector<MadeFile>> Find(int number) {
    return layers_->Find(Digest(number), DiffId(number));
  }
  static std::string Digest(int number) {
    return "sha256:" + std::to_string(number);
  }
  static std::string DiffId(int number) {
    return "sha256:tar" + std::to_string(number);
  }
  int FilesKept() const {
    return static_cast<int>(std::distance(fs::directory_iterator(directory_),
                                          fs::directory_iterator()));
  }

  const fs::path directory_ = fs::path(::testing::TempDir()) / "made-layers";
  std::unique_ptr<MadeLayers> layers_;
};

TEST_F(MadeLayersTest, FindsWhatWasMade) {
  EXPECT_FALSE(Find(1).has_value());
  Add(1, 1);
  Add(2, 2);
  EXPECT_EQ(Find(1)->at(0).path, "file1");
  EXPECT_EQ(Find(2)->size(), 2);
  EXPECT_FALSE(layers_->Find(Digest(2), DiffId(1)).has_value());
}

// A record that is whole may still say what no layer has: it is judged again
// when it is read.
TEST_F(MadeLayersTest, ARecordOfADigestThatIsNoneIsNotUsed) {
  const auto write = [&](const std::string& blob) {
    v1::MadeLayerRecord record;
    record.set_digest(Digest(1));
    record.set_diff_id(DiffId(1));
    record.add_files()->set_path("file1");
    record.mutable_files(0)->set_blob(blob);
    const std::string bytes = record.SerializeAsString();
    std::ofstream(directory_ / Sha256Of(Digest(1)).hex(), std::ios::binary)
        << Sha256Of(bytes).hex() << bytes;
    Restart();
  };
  write(Sha256Of("content").ToString());
  ASSERT_TRUE(Find(1).has_value());
  for (const char* bad : {"sha256:../../../etc/passwd", "sha256:", "md5:00"}) {
    write(bad);
    EXPECT_FALSE(Find(1).has_value()) << bad;
    EXPECT_EQ(FilesKept(), 0) << bad;
  }
}

TEST_F(MadeLayersTest, ForgetsTheOldest) {
  Add(1, 1);
  Add(2, 2);
  // A layer that is added again is the newest.
  Add(1, 1);
  Add(3, 1);
  EXPECT_TRUE(Find(1).has_value());
  EXPECT_FALSE(Find(2).has_value());
  EXPECT_TRUE(Find(3).has_value());
  EXPECT_EQ(FilesKept(), 2);
  Add(4, 4);
  EXPECT_FALSE(Find(4).has_value());
  EXPECT_EQ(FilesKept(), 0);
}

TEST_F(MadeLayersTest, TheNextProcessFindsItToo) {
  Add(1, 1);
  Add(2, 2);
  Restart();
  ASSERT_TRUE(Find(1).has_value());
  const MadeFile file = Find(1)->at(0);
  EXPECT_EQ(file.path, "file1");
  EXPECT_EQ(file.size, 7);
  EXPECT_EQ(file.mode, 0755);
  EXPECT_EQ(file.blob, Sha256Of("content"));
  EXPECT_EQ(Find(2)->size(), 2);
}

TEST_F(MadeLayersTest, WhatACrashLeftIsRemoved) {
  Add(1, 1);
  const fs::path kept = fs::directory_iterator(directory_)->path();
  // A record without its end would be a layer without files.
  fs::resize_file(kept, fs::file_size(kept) - 60);
  std::ofstream(directory_ / "x.partial") << "half";
  Restart();
  EXPECT_FALSE(Find(1).has_value());
  EXPECT_EQ(FilesKept(), 0);
}

TEST_F(MadeLayersTest, WorksWithoutTheDisk) {
  const fs::path file = fs::path(::testing::TempDir()) / "file";
  std::ofstream(file) << "no directory";
  layers_ = std::make_unique<MadeLayers>(file);
  Add(1, 1);
  EXPECT_TRUE(Find(1).has_value());
}

}  // namespace
}  // namespace kso::worker

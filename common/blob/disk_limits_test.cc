// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "common/blob/disk_blob_store.h"
#include "common/bytes/byte_stream.h"
#include "common/files/file_io.h"
#include "gtest/gtest.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMebibyte = 1 << 20;

class DiskLimitsTest : public ::testing::Test {
 protected:
  DiskLimitsTest()
      : root_(fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(root_);
    fs::create_directories(root_);
  }

  void Restart(DiskLimits limits) {
    store_ = nullptr;
    auto store = DiskBlobStore::Create(root_, std::move(limits));
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  // A blob of so many bytes that is like no other.
  Digest Put(char content, int64_t size) {
    const std::string bytes(size, content);
    const Digest digest = Sha256Of(bytes);
    const auto source = SourceOfString(bytes);
    EXPECT_TRUE(store_->Put(digest, size, *source).ok());
    return digest;
  }

  bool Has(const Digest& digest) { return store_->Stat(digest).ok(); }

  const fs::path root_;
  std::unique_ptr<DiskBlobStore> store_;
};

TEST_F(DiskLimitsTest, KeepsWhatWasUsedLast) {
  Restart({.max_bytes = 25});
  const Digest a = Put('a', 10);
  const Digest b = Put('b', 10);
  EXPECT_TRUE(store_->Open(a, 0).ok());
  const Digest c = Put('c', 10);
  EXPECT_TRUE(Has(a));
  EXPECT_FALSE(Has(b));
  EXPECT_TRUE(Has(c));
  EXPECT_EQ(store_->UsedBytes(), 20);
}

TEST_F(DiskLimitsTest, KeepsWhatFitsExactlyUntilMoreIsToCome) {
  Restart({.max_bytes = 20});
  const Digest a = Put('a', 10);
  const Digest b = Put('b', 10);
  EXPECT_TRUE(Has(a));
  EXPECT_TRUE(store_->MakeRoom(10).ok());
  EXPECT_FALSE(Has(a));
  EXPECT_TRUE(Has(b));
}

TEST_F(DiskLimitsTest, PruningForSpaceDropsUntilThereIsEnough) {
  Restart({.max_bytes = 100});
  Put('a', 10);
  Put('b', 10);
  EXPECT_EQ(store_->Prune({.min_free_bytes = 1})->blobs, 0);
  EXPECT_EQ(
      store_->Prune({.min_free_bytes = std::numeric_limits<int64_t>::max()})
          ->blobs,
      2);
}

TEST_F(DiskLimitsTest, KeepsWhatATaskUses) {
  Restart({.max_bytes = 25});
  const Digest a = Put('a', 10);
  auto pin = store_->Pin(a);
  const Digest b = Put('b', 10);
  const Digest c = Put('c', 10);
  EXPECT_TRUE(Has(a));
  EXPECT_FALSE(Has(b));
  pin.reset();
  Put('d', 10);
  EXPECT_FALSE(Has(a));
  EXPECT_TRUE(Has(c));
}

TEST_F(DiskLimitsTest, WhoReadsReadsToTheEnd) {
  Restart({.max_bytes = 15});
  const Digest a = Put('a', 10);
  const auto source = store_->Open(a, 0);
  ASSERT_TRUE(source.ok());
  Put('b', 10);
  EXPECT_FALSE(Has(a));
  EXPECT_EQ(*ReadAll(**source, 100), std::string(10, 'a'));
}

TEST_F(DiskLimitsTest, TheOrderSurvivesARestart) {
  Restart({.max_bytes = 100});
  const Digest a = Put('a', 10);
  const Digest b = Put('b', 10);
  // As if both had come an hour ago.
  for (const Digest& digest : {a, b}) {
    const fs::path path =
        root_ / "sha256" / digest.hex().substr(0, 2) / digest.hex();
    const timespec times[2] = {{.tv_sec = time(nullptr) - 3600, .tv_nsec = 0},
                               {.tv_sec = 0, .tv_nsec = UTIME_OMIT}};
    ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  }
  EXPECT_TRUE(store_->Open(a, 0).ok());
  Restart({.max_bytes = 15});
  EXPECT_TRUE(Has(a));
  EXPECT_FALSE(Has(b));
}

TEST_F(DiskLimitsTest, PruningKeepsWhatIsUsedAndWhatFits) {
  Restart({.max_bytes = 100});
  const Digest a = Put('a', 10);
  const Digest b = Put('b', 10);
  const Digest c = Put('c', 10);
  const auto pin = store_->Pin(a);
  const auto pruned = store_->Prune({.max_bytes = 20});
  ASSERT_TRUE(pruned.ok()) << pruned.status();
  EXPECT_EQ(pruned->blobs, 1);
  EXPECT_EQ(pruned->bytes, 10);
  EXPECT_TRUE(Has(a));
  EXPECT_FALSE(Has(b));
  EXPECT_TRUE(Has(c));
  EXPECT_EQ(store_->Prune({.max_bytes = 0})->bytes, 10);
  EXPECT_TRUE(Has(a));
  EXPECT_EQ(store_->UsedBytes(), 10);
  // Without a limit that asks for it, nothing goes.
  EXPECT_EQ(store_->Prune({})->blobs, 0);
}

TEST_F(DiskLimitsTest, PruningByAgeKeepsWhatWasUsedSince) {
  Restart({.max_bytes = 100});
  const Digest a = Put('a', 10);
  const Digest b = Put('b', 10);
  const fs::path path = root_ / "sha256" / a.hex().substr(0, 2) / a.hex();
  const timespec times[2] = {{.tv_sec = time(nullptr) - 7200, .tv_nsec = 0},
                             {.tv_sec = 0, .tv_nsec = UTIME_OMIT}};
  ASSERT_EQ(utimensat(AT_FDCWD, path.c_str(), times, 0), 0);
  const absl::Time hour_ago = absl::Now() - absl::Hours(1);
  EXPECT_EQ(store_->Prune({.unused_since = hour_ago})->blobs, 1);
  EXPECT_FALSE(Has(a));
  EXPECT_TRUE(Has(b));
}

TEST_F(DiskLimitsTest, AStoreWhoseBlobsCannotBeHadAgainIsNotPruned) {
  store_ = *DiskBlobStore::Create(root_);
  const Digest a = Put('a', 10);
  EXPECT_EQ(store_->Prune({.max_bytes = 0})->blobs, 0);
  EXPECT_TRUE(Has(a));
}

// A disk of 4 MiB.
class SmallDiskTest : public DiskLimitsTest {
 protected:
  explicit SmallDiskTest(const char* options = "size=4m") : options_(options) {}

  void SetUp() override {
    if (mount("tmpfs", root_.c_str(), "tmpfs", 0, options_) != 0) {
      GTEST_SKIP() << "cannot mount a small file system here";
    }
    mounted_ = true;
  }
  ~SmallDiskTest() override {
    store_ = nullptr;
    if (mounted_) umount2(root_.c_str(), MNT_DETACH);
  }

 private:
  const char* const options_;
  bool mounted_ = false;
};

// The same, for 100 files and directories.
class FewFilesTest : public SmallDiskTest {
 protected:
  FewFilesTest() : SmallDiskTest("size=4m,nr_inodes=100") {}
};

TEST_F(FewFilesTest, BlobsMakeRoomForOthersFiles) {
  int asked = 0;
  Restart({.min_free_files = 50, .first_resort = [&] { ++asked; }});
  const Digest first = Put('a', 1);
  EXPECT_TRUE(Has(first));
  EXPECT_EQ(asked, 0);
  for (char content = 'b'; content <= 'z'; ++content) Put(content, 1);
  EXPECT_GT(asked, 0);
  EXPECT_FALSE(Has(first));
  EXPECT_TRUE(Has(Sha256Of("z")));
}

TEST_F(FewFilesTest, SomeFilesAreLeftToOthers) {
  store_ =
      DiskBlobStore::Create(root_, std::nullopt, /*reserve_bytes=*/1).value();
  absl::Status put;
  for (char content = 'a'; content <= 'z' && put.ok(); ++content) {
    const std::string bytes(1, content);
    put = store_->Put(Sha256Of(bytes), 1, *SourceOfString(bytes));
  }
  EXPECT_TRUE(absl::IsResourceExhausted(put)) << put;
  EXPECT_TRUE(absl::StrContains(put.message(), "files (inodes)")) << put;
}

TEST_F(SmallDiskTest, BlobsMakeRoomForOthers) {
  Restart({.min_free_bytes = kMebibyte});
  const Digest a = Put('a', 2 * kMebibyte);
  const Digest b = Put('b', kMebibyte / 2);
  EXPECT_TRUE(Has(a));
  const Digest c = Put('c', kMebibyte);
  EXPECT_FALSE(Has(a));
  EXPECT_TRUE(Has(b));
  EXPECT_TRUE(Has(c));
}

TEST_F(SmallDiskTest, WhatDoesNotFitIsRefusedInWords) {
  int asked = 0;
  Restart({.last_resort = [&asked] { ++asked; }});
  const Digest a = Put('a', 2 * kMebibyte);
  const auto pin = store_->Pin(a);
  EXPECT_TRUE(store_->MakeRoom(kMebibyte).ok());
  const absl::Status full = store_->MakeRoom(3 * kMebibyte);
  EXPECT_TRUE(absl::IsResourceExhausted(full)) << full;
  EXPECT_TRUE(absl::StrContains(full.message(), "3.0 MiB are needed")) << full;
  EXPECT_EQ(asked, 1);
  EXPECT_TRUE(Has(a));
}

// Such as what another cache has made of blobs, and can make again.
TEST_F(SmallDiskTest, WhatCostsLessGoesBeforeBlobs) {
  const fs::path other = root_ / "other";
  Restart({.first_resort = [&other] { fs::remove(other); }});
  const Digest a = Put('a', kMebibyte);
  std::ofstream(other) << std::string(kMebibyte, 'o');
  EXPECT_TRUE(store_->MakeRoom(3 * kMebibyte / 2).ok());
  EXPECT_TRUE(fs::exists(other));
  EXPECT_TRUE(store_->MakeRoom(5 * kMebibyte / 2).ok());
  EXPECT_FALSE(fs::exists(other));
  EXPECT_TRUE(Has(a));
}

// A name that a blob's file has elsewhere keeps its bytes on the disk.
TEST_F(SmallDiskTest, ALinkedBlobIsFreedWithItsLastName) {
  const fs::path other = root_ / "other";
  Restart({.first_resort = [&other] { fs::remove(other); }});
  const Digest a = Put('a', 2 * kMebibyte);
  const FileDescriptor directory(
      ::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  ASSERT_TRUE(store_->Link(a, directory.get(), "other").ok());
  EXPECT_EQ(fs::file_size(other), 2 * kMebibyte);
  EXPECT_FALSE(store_->Link(a, directory.get(), "other").ok());
  EXPECT_TRUE(store_->MakeRoom(3 * kMebibyte).ok());
  EXPECT_FALSE(Has(a));
}

TEST_F(SmallDiskTest, NothingIsDroppedInVain) {
  Restart({});
  const Digest a = Put('a', kMebibyte);
  EXPECT_TRUE(absl::IsResourceExhausted(store_->MakeRoom(8 * kMebibyte)));
  EXPECT_TRUE(Has(a));
}

TEST_F(SmallDiskTest, AStoreWithoutLimitsDropsNothing) {
  store_ = DiskBlobStore::Create(root_).value();
  const Digest a = Put('a', 2 * kMebibyte);
  EXPECT_TRUE(absl::IsResourceExhausted(store_->MakeRoom(3 * kMebibyte)));
  EXPECT_TRUE(Has(a));
}

TEST_F(SmallDiskTest, AReserveIsLeftToOthers) {
  store_ =
      DiskBlobStore::Create(root_, std::nullopt, /*reserve_bytes=*/kMebibyte)
          .value();
  const Digest a = Put('a', 2 * kMebibyte);
  const std::string bytes(3 * kMebibyte / 2, 'b');
  const WrittenBlob blob = {Sha256Of(bytes), std::ssize(bytes)};
  const absl::Status put =
      store_->Put(blob.digest, blob.size, *SourceOfString(bytes));
  EXPECT_TRUE(absl::IsResourceExhausted(put)) << put;
  EXPECT_TRUE(absl::StrContains(put.message(), "free some disk space")) << put;
  // A stream's size is known at its end only.
  const auto streamed =
      store_->PutStream([&](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
        const absl::Status written =
            CopyBytes(*SourceOfString(bytes), sink).status();
        if (!written.ok()) return written;
        return blob;
      });
  EXPECT_TRUE(absl::IsResourceExhausted(streamed.status()));
  std::ofstream(store_->place().incoming / "by-another") << bytes;
  EXPECT_TRUE(
      absl::IsResourceExhausted(store_->AdoptFromOther("by-another", blob)));
  fs::remove(store_->place().incoming / "by-another");
  Put('c', kMebibyte / 2);
  EXPECT_TRUE(Has(a));
}

}  // namespace
}  // namespace kso

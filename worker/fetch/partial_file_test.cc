// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/partial_file.h"

#include <sys/mount.h>

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "gtest/gtest.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

class PartialFileTest : public ::testing::Test {
 protected:
  PartialFileTest()
      : directory_(
            fs::path(::testing::TempDir()) /
            ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(directory_);
    fs::create_directories(directory_);
  }
  ~PartialFileTest() override {
    cache_ = nullptr;
    if (mounted_) umount2(directory_.c_str(), MNT_DETACH);
  }

  void CreateCache() {
    cache_ = DiskBlobStore::Create(directory_ / "blobs", DiskLimits()).value();
  }

  std::unique_ptr<PartialFile> Open(const std::string& name) {
    return PartialFile::Open(directory_ / "partial" / name, cache_.get(), false)
        .value();
  }

  bool Exists(const std::string& name) {
    return fs::exists(directory_ / "partial" / name);
  }

  const fs::path directory_;
  bool mounted_ = false;
  std::unique_ptr<DiskBlobStore> cache_;
};

TEST_F(PartialFileTest, GoesOnWhereItStopped) {
  CreateCache();
  {
    const auto partial = Open("a");
    ASSERT_TRUE(partial->Restart("\"v1\"").ok());
    ASSERT_TRUE(partial->Write("first ").ok());
  }
  const auto partial = Open("a");
  EXPECT_EQ(partial->validator(), "\"v1\"");
  EXPECT_EQ(partial->size(), 6);
  ASSERT_TRUE(partial->Write("half").ok());
  EXPECT_EQ(partial->Finish().sha256, Sha256Of("first half"));
  ASSERT_TRUE(partial->MoveIntoCache(Sha256Of("first half")).ok());
  EXPECT_TRUE(cache_->Stat(Sha256Of("first half")).ok());
  EXPECT_FALSE(Exists("a"));
}

TEST_F(PartialFileTest, BytesOfWhichNothingIsKnownAreDroppedAfterARestart) {
  CreateCache();
  {
    const auto partial = Open("a");
    ASSERT_TRUE(partial->Restart("\"v1\"").ok());
    ASSERT_TRUE(partial->Write("one file").ok());
    // The download begins again from a host that gives no validator.
    ASSERT_TRUE(partial->Restart("").ok());
    ASSERT_TRUE(partial->Write("another").ok());
  }
  const auto partial = Open("a");
  EXPECT_EQ(partial->validator(), "");
  EXPECT_EQ(partial->size(), 0);
}

TEST_F(PartialFileTest, PiecesOfAFileThatIsBegunAnewAreForgotten) {
  CreateCache();
  {
    const auto partial = Open("a");
    ASSERT_TRUE(partial->Restart("\"v1\"").ok());
    ASSERT_TRUE(partial->Divide(8, 4).ok());
    ASSERT_TRUE(partial->WritePiece(0, "1234").ok());
    ASSERT_TRUE(partial->WritePiece(1, "5678").ok());
    ASSERT_TRUE(partial->Restart("\"v2\"").ok());
    EXPECT_EQ(partial->present(), 0);
    ASSERT_TRUE(partial->Write("longer than the one before").ok());
  }
  const auto partial = Open("a");
  EXPECT_EQ(partial->validator(), "\"v2\"");
  EXPECT_EQ(partial->present(), 26);
  EXPECT_EQ(partial->size(), 26);
  EXPECT_EQ(partial->Finish().sha256, Sha256Of("longer than the one before"));
}

TEST_F(PartialFileTest, WhatNobodyUsesMayGo) {
  CreateCache();
  for (const char* name : {"old", "new"}) {
    const auto partial = Open(name);
    ASSERT_TRUE(partial->Restart("\"v1\"").ok());
    ASSERT_TRUE(partial->Write("12345").ok());
  }
  fs::last_write_time(directory_ / "partial/old",
                      fs::file_time_type::clock::now() - std::chrono::hours(1));
  DeletePartialFiles(directory_ / "partial", 7);
  EXPECT_FALSE(Exists("old"));
  EXPECT_FALSE(Exists("old.validator"));
  EXPECT_TRUE(Exists("new"));

  const auto in_use = Open("new");
  DeletePartialFiles(directory_ / "partial", 0);
  EXPECT_TRUE(Exists("new"));
}

TEST_F(PartialFileTest, AFullDiskIsTheWorkersTroubleAndLeavesNothing) {
  mounted_ = mount("tmpfs", directory_.c_str(), "tmpfs", 0, "size=2m") == 0;
  if (!mounted_) GTEST_SKIP() << "cannot mount a small file system here";
  CreateCache();
  const std::string evictable(1 << 20, 'e');
  const auto source = SourceOfString(evictable);
  const Digest digest = Sha256Of(evictable);
  ASSERT_TRUE(cache_->Put(digest, 1 << 20, *source).ok());
  {
    const auto partial = Open("a");
    // The cache's blobs are dropped first.
    ASSERT_TRUE(partial->Write(std::string(3 << 19, 'x')).ok());
    EXPECT_FALSE(cache_->Stat(digest).ok());

    const absl::Status full = partial->Write(std::string(1 << 20, 'x'));
    const v1::Failure failure = ToFailure(full, "");
    EXPECT_EQ(failure.kind(), v1::Failure::INFRASTRUCTURE);
    EXPECT_TRUE(absl::StrContains(failure.reason(), "No space left")) << full;
    EXPECT_TRUE(absl::StrContains(failure.advice(), "--cache-dir"));
  }
  EXPECT_FALSE(Exists("a"));
  EXPECT_TRUE(cache_->MakeRoom(3 << 19).ok());
}

}  // namespace
}  // namespace kso::worker

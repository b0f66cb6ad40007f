// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/partial_file.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "absl/strings/match.h"
#include "common/layer/content_time.h"
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

  std::unique_ptr<PartialFile> Open(const std::string& name,
                                    bool want_sha512 = false) {
    return PartialFile::Open(directory_ / "partial" / name, cache_.get(),
                             want_sha512)
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
  EXPECT_FALSE(Exists("a.validator"));
}

TEST_F(PartialFileTest, DigestsAreOfTheBytesSinceTheBeginning) {
  CreateCache();
  const auto partial = Open("a", /*want_sha512=*/true);
  ASSERT_TRUE(partial->Restart("\"v1\"").ok());
  ASSERT_TRUE(partial->Write("another file").ok());
  ASSERT_TRUE(partial->Restart("\"v2\"").ok());
  EXPECT_EQ(partial->validator(), "\"v2\"");
  ASSERT_TRUE(partial->Write("kube").ok());
  ASSERT_TRUE(partial->Write("let").ok());
  const PartialFile::Digests digests = partial->Finish();
  EXPECT_EQ(digests.sha256, Sha256Of("kubelet"));
  Hasher sha512(Digest::Algorithm::kSha512);
  sha512.Update("kubelet");
  ASSERT_TRUE(digests.sha512.has_value());
  EXPECT_EQ(*digests.sha512, sha512.Finish());
  EXPECT_FALSE(Open("b")->Finish().sha512.has_value());
}

TEST_F(PartialFileTest, AValidatorThatIsTooLongIsNone) {
  CreateCache();
  for (const size_t length : {1024, 1025}) {
    {
      const auto partial = Open("a");
      ASSERT_TRUE(partial->Restart(std::string(length, 'v')).ok());
      ASSERT_TRUE(partial->Write("bytes").ok());
    }
    const auto partial = Open("a");
    EXPECT_EQ(partial->validator(),
              length == 1024 ? std::string(length, 'v') : "");
    EXPECT_EQ(partial->size(), length == 1024 ? 5 : 0);
  }
}

TEST_F(PartialFileTest, PiecesBehindAGapAreThereAfterARestart) {
  CreateCache();
  {
    const auto partial = Open("a");
    ASSERT_TRUE(partial->Restart("\"v1\"").ok());
    ASSERT_TRUE(partial->Divide(8, 4).ok());
    ASSERT_TRUE(partial->WritePiece(1, "5678").ok());
    EXPECT_EQ(partial->size(), 0);
  }
  const auto partial = Open("a");
  EXPECT_EQ(partial->size(), 0);
  EXPECT_EQ(partial->present(), 4);
  ASSERT_TRUE(partial->WritePiece(0, "12").ok());
  EXPECT_EQ(partial->size(), 2);
  ASSERT_TRUE(partial->WritePiece(0, "34").ok());
  EXPECT_EQ(partial->size(), 8);
  EXPECT_EQ(partial->Finish().sha256, Sha256Of("12345678"));
}

TEST_F(PartialFileTest, ATableThatDoesNotHoldCostsTheFile) {
  CreateCache();
  {
    const auto partial = Open("a");
    ASSERT_TRUE(partial->Restart("\"v1\"").ok());
    ASSERT_TRUE(partial->Divide(8, 4).ok());
    ASSERT_TRUE(partial->WritePiece(0, "1234").ok());
  }
  fs::resize_file(directory_ / "partial/a.pieces", 10);
  const auto partial = Open("a");
  EXPECT_EQ(partial->validator(), "");
  EXPECT_EQ(partial->present(), 0);
  EXPECT_EQ(partial->Finish().sha256, Sha256Of(""));
}

TEST_F(PartialFileTest, WhatCannotBeOpenedIsTheWorkersTrouble) {
  CreateCache();
  {
    const auto partial = Open("a");
    ASSERT_TRUE(partial->Restart("\"v1\"").ok());
  }
  // Directories in the places of files.
  fs::create_directory(directory_ / "partial/a.pieces");
  fs::create_directory(directory_ / "partial/b");
  for (const char* name : {"a", "b"}) {
    const absl::Status status =
        PartialFile::Open(directory_ / "partial" / name, cache_.get(), false)
            .status();
    ASSERT_FALSE(status.ok()) << name;
    EXPECT_EQ(FailureKind(status), v1::Failure::INFRASTRUCTURE) << status;
  }
}

TEST_F(PartialFileTest, OnlyTheSameDivisionKeepsThePieces) {
  CreateCache();
  const auto partial = Open("a");
  ASSERT_TRUE(partial->Restart("\"v1\"").ok());
  ASSERT_TRUE(partial->Divide(8, 4).ok());
  ASSERT_TRUE(partial->WritePiece(0, "1").ok());
  ASSERT_TRUE(partial->WritePiece(1, "5678").ok());
  ASSERT_TRUE(partial->Divide(8, 4).ok());
  EXPECT_EQ(partial->present(), 5);
  // The bytes before the first gap stay whatever the pieces are.
  ASSERT_TRUE(partial->Divide(8, 2).ok());
  EXPECT_EQ(partial->piece_count(), 4);
  EXPECT_EQ(partial->present(), 1);
  ASSERT_TRUE(partial->WritePiece(3, "78").ok());
  ASSERT_TRUE(partial->Divide(10, 2).ok());
  EXPECT_EQ(partial->piece_count(), 5);
  EXPECT_EQ(partial->present(), 1);
  EXPECT_EQ(partial->Missing(0).first, 1);
}

TEST_F(PartialFileTest, AFileThatSomebodyElseCutsIsGivenUp) {
  CreateCache();
  {
    const auto partial = Open("a");
    ASSERT_TRUE(partial->Restart("\"v1\"").ok());
    ASSERT_TRUE(partial->Divide(8, 4).ok());
    ASSERT_TRUE(partial->WritePiece(1, "5678").ok());
    fs::resize_file(directory_ / "partial/a", 0);
    const absl::Status status = partial->WritePiece(0, "1234");
    EXPECT_TRUE(absl::StrContains(status.message(), "cut short")) << status;
    EXPECT_EQ(FailureKind(status), v1::Failure::INFRASTRUCTURE);
    EXPECT_EQ(partial->write_status(), status);
  }
  EXPECT_FALSE(Exists("a"));
  EXPECT_FALSE(Exists("a.validator"));
  EXPECT_FALSE(Exists("a.pieces"));
}

TEST_F(PartialFileTest, ShowsItsBeginning) {
  CreateCache();
  const auto partial = Open("a");
  EXPECT_EQ(partial->FirstBytes(10), "");
  ASSERT_TRUE(partial->Write("ELF").ok());
  EXPECT_EQ(partial->FirstBytes(2), "EL");
  EXPECT_EQ(partial->FirstBytes(3), "ELF");
  EXPECT_EQ(partial->FirstBytes(10), "ELF");
}

// Layers of files have it, and can link the cached file then.
TEST_F(PartialFileTest, TheCachedFileHasTheTimeOfItsContent) {
  CreateCache();
  const auto partial = Open("a");
  ASSERT_TRUE(partial->Write("kubelet").ok());
  const Digest digest = partial->Finish().sha256;
  ASSERT_TRUE(partial->MoveIntoCache(digest).ok());
  struct stat info;
  ASSERT_EQ(stat((directory_ / "blobs/sha256" / digest.hex().substr(0, 2) /
                  digest.hex())
                     .c_str(),
                 &info),
            0);
  EXPECT_EQ(info.st_mtim.tv_sec, ContentTime(digest));
  EXPECT_EQ(info.st_mtim.tv_nsec, 0);
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
  // The table of its pieces is no partial file, and neither is a directory.
  std::ofstream(directory_ / "partial/old.pieces") << "12345";
  fs::create_directory(directory_ / "partial/directory");
  DeletePartialFiles(directory_ / "partial", 10);
  EXPECT_TRUE(Exists("old"));
  EXPECT_TRUE(Exists("new"));

  DeletePartialFiles(directory_ / "partial", 9);
  EXPECT_FALSE(Exists("old.pieces"));
  EXPECT_FALSE(Exists("old"));
  EXPECT_FALSE(Exists("old.validator"));
  EXPECT_TRUE(Exists("new"));

  const auto in_use = Open("new");
  DeletePartialFiles(directory_ / "partial", 0);
  EXPECT_TRUE(Exists("new"));
  EXPECT_TRUE(Exists("new.validator"));
  EXPECT_TRUE(Exists("directory"));
}

TEST_F(PartialFileTest, TheOldestGoFirstAndNoMoreThanMust) {
  CreateCache();
  const auto now = fs::file_time_type::clock::now();
  for (const int hours : {3, 1, 6, 2, 5, 4}) {
    const std::string name = std::to_string(hours);
    ASSERT_TRUE(Open(name)->Write("12345").ok());
    fs::last_write_time(directory_ / "partial" / name,
                        now - std::chrono::hours(hours));
  }
  DeletePartialFiles(directory_ / "partial", 17);
  for (const int hours : {1, 2, 3, 4, 5, 6}) {
    EXPECT_EQ(Exists(std::to_string(hours)), hours <= 3) << hours;
  }
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

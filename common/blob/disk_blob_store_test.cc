// SPDX-License-Identifier: Apache-2.0
#include "common/blob/disk_blob_store.h"

#include <fcntl.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>
#include <vector>

#include "absl/time/clock.h"
#include "common/files/file_io.h"
#include "gtest/gtest.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

class DiskBlobStoreTest : public ::testing::Test {
 protected:
  DiskBlobStoreTest()
      : root_(fs::path(::testing::TempDir()) /
              ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    fs::remove_all(root_);
    Restart();
  }

  void Restart() {
    store_ = nullptr;
    auto store = DiskBlobStore::Create(root_);
    ASSERT_TRUE(store.ok()) << store.status();
    store_ = *std::move(store);
  }

  absl::Status Put(std::string_view text, std::string_view promised) {
    auto source = SourceOfString(text);
    return store_->Put(Sha256Of(promised), promised.size(), *source);
  }

  absl::StatusOr<int64_t> PutStream(std::string_view text,
                                    std::string_view promised) {
    return store_->PutStream(
        [&](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
          const absl::Status status = sink.Write(text);
          if (!status.ok()) return status;
          return WrittenBlob{Sha256Of(promised),
                             static_cast<int64_t>(promised.size())};
        });
  }

  absl::StatusOr<std::string> Get(std::string_view text, int64_t offset = 0) {
    auto source = store_->Open(Sha256Of(text), offset);
    if (!source.ok()) return source.status();
    return ReadAll(**source, 1 << 20);
  }

  fs::path PathOf(std::string_view text) {
    const std::string hex = Sha256Of(text).hex();
    return root_ / "sha256" / hex.substr(0, 2) / hex;
  }

  void Overwrite(const fs::path& path, std::string_view text) {
    std::ofstream(path, std::ios::trunc) << text;
  }

  int FilesUnder(const char* name) {
    return static_cast<int>(std::distance(fs::directory_iterator(root_ / name),
                                          fs::directory_iterator()));
  }

  const fs::path root_;
  std::unique_ptr<DiskBlobStore> store_;
};

TEST_F(DiskBlobStoreTest, KeepsBlobsAcrossARestart) {
  ASSERT_TRUE(Put("layer", "layer").ok());
  EXPECT_EQ(*Get("layer"), "layer");
  EXPECT_EQ(*Get("layer", 3), "er");
  EXPECT_EQ(*store_->Stat(Sha256Of("layer")), 5);
  Restart();
  EXPECT_EQ(*Get("layer", 3), "er");
  EXPECT_EQ(*Get("layer"), "layer");
  EXPECT_EQ(*Get("layer", 5), "");
  EXPECT_TRUE(absl::IsOutOfRange(Get("layer", 6).status()));
  EXPECT_TRUE(absl::IsOutOfRange(Get("layer", -1).status()));
  EXPECT_TRUE(absl::IsNotFound(Get("other").status()));
  EXPECT_TRUE(absl::IsNotFound(store_->Stat(Sha256Of("other")).status()));
}

TEST_F(DiskBlobStoreTest, WrongBytesNeverAppear) {
  for (const char* wrong : {"lay", "layers", "lover", ""}) {
    EXPECT_TRUE(absl::IsDataLoss(Put(wrong, "layer"))) << wrong;
    EXPECT_TRUE(absl::IsNotFound(store_->Stat(Sha256Of("layer")).status()));
  }
  EXPECT_EQ(FilesUnder("incoming"), 0);
  EXPECT_TRUE(Put("layer", "layer").ok());
}

TEST_F(DiskBlobStoreTest, ABlobMayTellItsDigestAtItsEnd) {
  for (int i = 0; i < 2; ++i) {
    const auto put = PutStream("layer", "layer");
    ASSERT_TRUE(put.ok()) << put.status();
    EXPECT_EQ(*put, 5);
    EXPECT_EQ(*Get("layer"), "layer");
    EXPECT_EQ(FilesUnder("incoming"), 0);
  }
  for (const char* wrong : {"lay", "layers", "lover", ""}) {
    EXPECT_TRUE(absl::IsDataLoss(PutStream(wrong, "other").status())) << wrong;
    EXPECT_TRUE(absl::IsNotFound(Get(wrong).status()));
    EXPECT_TRUE(absl::IsNotFound(Get("other").status()));
  }
  const auto failed = store_->PutStream(
      [](ByteSink&) { return absl::UnavailableError("upstream hung up"); });
  EXPECT_TRUE(absl::IsUnavailable(failed.status()));
  EXPECT_EQ(FilesUnder("incoming"), 0);
}

TEST_F(DiskBlobStoreTest, RotIsNoticedWhileReadingAndSetAside) {
  ASSERT_TRUE(Put("layer", "layer").ok());
  Restart();
  Overwrite(PathOf("layer"), "lXyer");
  EXPECT_TRUE(absl::IsDataLoss(Get("layer").status()));
  EXPECT_TRUE(absl::IsNotFound(Get("layer").status()));
  EXPECT_EQ(FilesUnder("damaged"), 1);
  ASSERT_TRUE(Put("layer", "layer").ok());
  EXPECT_EQ(*Get("layer"), "layer");
}

TEST_F(DiskBlobStoreTest, RotIsAMissWhenReadingBeginsWithinTheBlob) {
  ASSERT_TRUE(Put("layer", "layer").ok());
  Restart();
  Overwrite(PathOf("layer"), "lXyer");
  EXPECT_TRUE(absl::IsNotFound(Get("layer", 3).status()));
  EXPECT_EQ(FilesUnder("damaged"), 1);
}

TEST_F(DiskBlobStoreTest, ABlobThatReplacedARottenOneStays) {
  ASSERT_TRUE(Put("layer", "layer").ok());
  Restart();
  Overwrite(PathOf("layer"), "lXyer");
  auto rotten = store_->Open(Sha256Of("layer"), 0);
  ASSERT_TRUE(rotten.ok());
  fs::remove(PathOf("layer"));
  ASSERT_TRUE(Put("layer", "layer").ok());
  EXPECT_TRUE(absl::IsDataLoss(ReadAll(**rotten, 100).status()));
  EXPECT_EQ(*Get("layer"), "layer");
}

TEST_F(DiskBlobStoreTest, AdoptsFinishedFiles) {
  for (int i = 0; i < 2; ++i) {
    const fs::path path = store_->NewIncomingPath();
    Overwrite(path, "adopted");
    ASSERT_TRUE(store_->Adopt(Sha256Of("adopted"), path).ok());
    EXPECT_FALSE(fs::exists(path));
    EXPECT_EQ(*Get("adopted"), "adopted");
  }
}

TEST_F(DiskBlobStoreTest, SweepsOldBlobsThatNobodyWantsToKeep) {
  ASSERT_TRUE(Put("kept", "kept").ok());
  ASSERT_TRUE(Put("old", "old").ok());
  const auto keep = [](const Digest& digest) {
    return digest == Sha256Of("kept");
  };
  const auto too_young = store_->Sweep(keep, absl::Now() - absl::Hours(1));
  ASSERT_TRUE(too_young.ok()) << too_young.status();
  EXPECT_EQ(too_young->blobs, 0);
  EXPECT_EQ(*Get("old"), "old");

  const auto swept = store_->Sweep(keep, absl::Now() + absl::Hours(1));
  ASSERT_TRUE(swept.ok()) << swept.status();
  EXPECT_EQ(swept->blobs, 1);
  EXPECT_EQ(swept->bytes, 3);
  EXPECT_TRUE(absl::IsNotFound(Get("old").status()));
  EXPECT_EQ(*Get("kept"), "kept");
  EXPECT_TRUE(fs::exists(root_ / "lock"));
}

TEST_F(DiskBlobStoreTest, ASweptBlobIsReadToItsEndAndMayComeAgain) {
  ASSERT_TRUE(Put("old", "old").ok());
  auto reading = store_->Open(Sha256Of("old"), 0);
  ASSERT_TRUE(reading.ok());
  ASSERT_TRUE(store_
                  ->Sweep([](const Digest&) { return false; },
                          absl::Now() + absl::Hours(1))
                  .ok());
  EXPECT_EQ(*ReadAll(**reading, 100), "old");
  ASSERT_TRUE(Put("old", "old").ok());
  EXPECT_EQ(*Get("old"), "old");
}

TEST_F(DiskBlobStoreTest, ABlobThatIsWrittenAgainMeanwhileIsNotSwept) {
  ASSERT_TRUE(Put("old", "old").ok());
  fs::last_write_time(PathOf("old"),
                      fs::file_time_type::clock::now() - std::chrono::hours(1));
  const auto keep = [&](const Digest& digest) {
    const fs::path path = store_->NewIncomingPath();
    Overwrite(path, "old");
    EXPECT_TRUE(store_->Adopt(digest, path).ok());
    return false;
  };
  const auto swept = store_->Sweep(keep, absl::Now() + absl::Hours(1));
  ASSERT_TRUE(swept.ok()) << swept.status();
  EXPECT_EQ(swept->blobs, 0);
  EXPECT_EQ(*Get("old"), "old");
}

TEST_F(DiskBlobStoreTest, OnlyWhatIsKnownToBeRightIsLinked) {
  ASSERT_TRUE(Put("layer", "layer").ok());
  Restart();
  const FileDescriptor directory(
      ::open(root_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  const auto link = [&] {
    return store_->Link(Sha256Of("layer"), directory.get(), "link");
  };
  EXPECT_TRUE(absl::IsFailedPrecondition(link()));
  EXPECT_FALSE(fs::exists(root_ / "link"));
  EXPECT_EQ(*Get("layer"), "layer");
  EXPECT_TRUE(link().ok());
  EXPECT_EQ(fs::file_size(root_ / "link"), 5);
}

TEST_F(DiskBlobStoreTest, IsUsedByOneProcessAtATime) {
  const auto second = DiskBlobStore::Create(root_);
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
}

// A file which another process put there.
class AdoptFromOtherTest : public DiskBlobStoreTest {
 protected:
  absl::Status Adopt(std::string_view promised,
                     const std::string& name = "from-1") {
    return store_->AdoptFromOther(
        name, {Sha256Of(promised), static_cast<int64_t>(promised.size())});
  }
  fs::path Incoming(const std::string& name = "from-1") {
    return store_->place().incoming / name;
  }
};

TEST_F(AdoptFromOtherTest, TheFileBecomesTheBlob) {
  for (int i = 0; i < 2; ++i) {
    Overwrite(Incoming(), "layer");
    ASSERT_TRUE(Adopt("layer").ok());
    EXPECT_FALSE(fs::exists(Incoming()));
    EXPECT_EQ(*Get("layer"), "layer");
  }
}

TEST_F(AdoptFromOtherTest, WrongBytesAreNeverHandedOut) {
  Overwrite(Incoming(), "wrong");
  ASSERT_TRUE(Adopt("right").ok());
  EXPECT_TRUE(absl::IsNotFound(Get("right", 1).status()));
  EXPECT_EQ(FilesUnder("damaged"), 1);
}

TEST_F(AdoptFromOtherTest, NeverTakesThePlaceOfAVerifiedBlob) {
  ASSERT_TRUE(Put("right", "right").ok());
  Overwrite(Incoming(), "wrong");
  ASSERT_TRUE(Adopt("right").ok());
  EXPECT_EQ(*Get("right"), "right");
}

TEST_F(AdoptFromOtherTest, OnlyAWholeFileOfThisUserAlone) {
  EXPECT_TRUE(absl::IsNotFound(Adopt("layer")));
  Overwrite(Incoming(), "lay");
  EXPECT_TRUE(absl::IsDataLoss(Adopt("layer")));
  Overwrite(Incoming(), "layer");
  fs::create_hard_link(Incoming(), root_ / "also");
  EXPECT_TRUE(absl::IsPermissionDenied(Adopt("layer")));
  fs::remove(Incoming());
  fs::create_symlink(root_ / "also", Incoming());
  EXPECT_FALSE(Adopt("layer").ok());
  fs::remove(Incoming());
  fs::create_directory(Incoming());
  EXPECT_TRUE(absl::IsPermissionDenied(Adopt("layer")));
  EXPECT_TRUE(absl::IsNotFound(Get("layer").status()));
}

TEST_F(AdoptFromOtherTest, OnlyBySuchNames) {
  const std::string being_written = store_->NewIncomingPath().filename();
  Overwrite(Incoming(being_written), "layer");
  Overwrite(root_ / "from-1", "layer");
  for (const std::string& name :
       {being_written, std::string(), std::string("../from-1"),
        std::string("From-1"), std::string("a-/b"), std::string(65, '-')}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Adopt("layer", name))) << name;
  }
  EXPECT_TRUE(absl::IsNotFound(Adopt("layer", std::string(64, '-'))));
}

TEST_F(DiskBlobStoreTest, EmptiesIncomingAtStart) {
  Overwrite(store_->NewIncomingPath(), "cut off by a crash");
  Restart();
  EXPECT_EQ(FilesUnder("incoming"), 0);
}

TEST_F(DiskBlobStoreTest, RefusesADirectoryThatIsInUse) {
  const auto second = DiskBlobStore::Create(root_);
  EXPECT_TRUE(absl::IsFailedPrecondition(second.status())) << second.status();
}

TEST_F(DiskBlobStoreTest, SeveralMayPutTheSameAtOnce) {
  const std::string text(300000, 'x');
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] { EXPECT_TRUE(Put(text, text).ok()); });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(*Get(text), text);
}

}  // namespace
}  // namespace kso

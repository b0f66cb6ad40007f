#include "common/blob/nearby_blob_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "common/blob/disk_blob_store.h"
#include "gtest/gtest.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

// A store that counts what is read from it.
class CountingBlobStore : public BlobStore {
 public:
  explicit CountingBlobStore(BlobStore* next) : next_(*next) {}

  absl::StatusOr<int64_t> Stat(const Digest& digest) override {
    return next_.Stat(digest);
  }
  absl::StatusOr<std::unique_ptr<ByteSource>> Open(const Digest& digest,
                                                   int64_t offset) override {
    ++opened;
    return next_.Open(digest, offset);
  }
  absl::Status Put(const Digest& digest, int64_t size,
                   ByteSource& source) override {
    return next_.Put(digest, size, source);
  }
  absl::StatusOr<int64_t> PutStream(const WriteBlob& write) override {
    return next_.PutStream(write);
  }

  int opened = 0;

 private:
  BlobStore& next_;
};

class NearbyBlobStoreTest : public ::testing::Test {
 protected:
  NearbyBlobStoreTest() {
    fs::remove_all(root_);
    Restart();
    EXPECT_TRUE(nearby_
                    ->Put(digest_, static_cast<int64_t>(content_.size()),
                          *SourceOfString(content_))
                    .ok());
  }

  // The other side, as after a restart, and who reads from it.
  void Restart() {
    disk_.reset();
    disk_ = DiskBlobStore::Create(root_).value();
    remote_ = std::make_unique<CountingBlobStore>(disk_.get());
    nearby_ = CreateNearbyBlobStore(remote_.get(), [this] {
      ++located_;
      return directory_;
    });
  }
  absl::StatusOr<std::string> Read(int64_t offset = 0) {
    const auto source = nearby_->Open(digest_, offset);
    if (!source.ok()) return source.status();
    return ReadAll(**source, 1 << 20);
  }
  fs::path File() const {
    return root_ / "sha256" / digest_.hex().substr(0, 2) / digest_.hex();
  }

  const fs::path root_ = fs::path(::testing::TempDir()) / "nearby";
  const std::string content_ = std::string(100'000, 'k');
  const Digest digest_ = Sha256Of(content_);
  absl::StatusOr<fs::path> directory_ = root_;
  int located_ = 0;
  std::unique_ptr<DiskBlobStore> disk_;
  std::unique_ptr<CountingBlobStore> remote_;
  std::unique_ptr<NearbyBlobStore> nearby_;
};

TEST_F(NearbyBlobStoreTest, ReadsTheFileItself) {
  EXPECT_EQ(Read().value(), content_);
  EXPECT_EQ(Read().value(), content_);
  EXPECT_EQ(remote_->opened, 0);
  EXPECT_EQ(located_, 1);
}

TEST_F(NearbyBlobStoreTest, PartsAreSent) {
  EXPECT_EQ(Read(99'990).value(), "kkkkkkkkkk");
  EXPECT_EQ(remote_->opened, 1);
}

TEST_F(NearbyBlobStoreTest, WhatIsElsewhereIsSent) {
  for (const absl::StatusOr<fs::path>& elsewhere :
       {absl::StatusOr<fs::path>(absl::UnimplementedError("an older one")),
        absl::StatusOr<fs::path>(""), absl::StatusOr<fs::path>("sha256"),
        absl::StatusOr<fs::path>("/of another machine")}) {
    directory_ = elsewhere;
    Restart();
    EXPECT_EQ(Read().value(), content_);
    EXPECT_EQ(remote_->opened, 1);
  }
}

TEST_F(NearbyBlobStoreTest, AFileOfThisUserIsLinked) {
  const fs::path to = root_ / "linked";
  const absl::Status status = nearby_->Link(digest_, to);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_TRUE(fs::equivalent(to, File()));
  EXPECT_TRUE(absl::IsUnavailable(nearby_->Link(digest_, to)));
  EXPECT_EQ(Read().value(), content_);
}

TEST_F(NearbyBlobStoreTest, WhatIsOfOthersOrNotThereIsNotLinked) {
  const fs::path to = root_ / "linked";
  EXPECT_TRUE(absl::IsUnavailable(nearby_->Link(Sha256Of("gone"), to)));
  if (geteuid() == 0) {
    ASSERT_EQ(chown(File().c_str(), 65534, 65534), 0);
    EXPECT_TRUE(absl::IsUnavailable(nearby_->Link(digest_, to)));
  }
  EXPECT_FALSE(fs::exists(to));
}

TEST_F(NearbyBlobStoreTest, NeverWaitsForWhatIsNoFile) {
  const fs::path other = root_ / "other";
  directory_ = other;
  const fs::path pipe = other / fs::relative(File(), root_);
  fs::create_directories(pipe.parent_path());
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(Read().value(), content_);
  EXPECT_EQ(remote_->opened, 1);
}

TEST_F(NearbyBlobStoreTest, WhatHasRottedIsSetAside) {
  Restart();
  std::fstream(File(), std::ios::in | std::ios::out | std::ios::binary) << "x";
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_FALSE(fs::exists(File()));
  EXPECT_TRUE(absl::IsNotFound(Read().status()));
}

TEST_F(NearbyBlobStoreTest, WhatIsWrongThereIsSentTheNextTime) {
  const fs::path other = root_ / "other";
  directory_ = other;
  const fs::path file = other / fs::relative(File(), root_);
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "of another farm";
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Read().value(), content_);
}

}  // namespace
}  // namespace kso

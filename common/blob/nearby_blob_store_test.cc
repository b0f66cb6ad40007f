// SPDX-License-Identifier: Apache-2.0
#include "common/blob/nearby_blob_store.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <limits>
#include <string>

#include "common/blob/disk_blob_store.h"
#include "gtest/gtest.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

// The other side, and what came to it by which way.
struct OtherSide {
  std::unique_ptr<DiskBlobStore> disk;
  // The place that it says its blobs are in.
  absl::StatusOr<BlobPlace> place;
  // The answer that it gives instead of adopting.
  absl::Status refusal;
  int located = 0;
  int opened = 0;
  int sent = 0;
  int adopted = 0;
};

class FakeRemoteStore : public RemoteBlobStore {
 public:
  explicit FakeRemoteStore(OtherSide* side) : side_(*side) {}

  absl::StatusOr<int64_t> Stat(const Digest& digest) override {
    return side_.disk->Stat(digest);
  }
  absl::StatusOr<std::unique_ptr<ByteSource>> Open(const Digest& digest,
                                                   int64_t offset) override {
    ++side_.opened;
    return side_.disk->Open(digest, offset);
  }
  absl::Status Put(const Digest& digest, int64_t size,
                   ByteSource& source) override {
    return side_.disk->Put(digest, size, source);
  }
  absl::StatusOr<int64_t> PutStream(const WriteBlob& write) override {
    ++side_.sent;
    return side_.disk->PutStream(write);
  }
  absl::StatusOr<BlobPlace> Locate() override {
    ++side_.located;
    return side_.place;
  }
  absl::Status Adopt(const std::string& name,
                     const WrittenBlob& blob) override {
    ++side_.adopted;
    if (!side_.refusal.ok()) return side_.refusal;
    return side_.disk->AdoptFromOther(name, blob);
  }

 private:
  OtherSide& side_;
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
    remote_.disk.reset();
    remote_.disk = DiskBlobStore::Create(root_).value();
    remote_.place = remote_.disk->place();
    Reconnect();
  }
  void Reconnect() {
    place_ = std::make_unique<NearbyPlace>();
    nearby_ = CreateNearbyBlobStore(std::make_unique<FakeRemoteStore>(&remote_),
                                    place_.get());
  }
  absl::StatusOr<std::string> Read(int64_t offset = 0) {
    return Read(digest_, offset);
  }
  absl::StatusOr<std::string> Read(const Digest& digest, int64_t offset = 0) {
    const auto source = nearby_->Open(digest, offset);
    if (!source.ok()) return source.status();
    return ReadAll(**source, 1 << 20);
  }
  absl::StatusOr<int64_t> Write(const std::string& text) {
    return nearby_->PutStream(
        [&](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
          const absl::Status status = sink.Write(text);
          if (!status.ok()) return status;
          return WrittenBlob{Sha256Of(text), static_cast<int64_t>(text.size())};
        });
  }
  fs::path File() const {
    return root_ / "sha256" / digest_.hex().substr(0, 2) / digest_.hex();
  }
  bool NothingIsLeft() const { return fs::is_empty(root_ / "incoming"); }

  const fs::path root_ = fs::path(::testing::TempDir()) / "nearby";
  const std::string content_ = std::string(100'000, 'k');
  const Digest digest_ = Sha256Of(content_);
  OtherSide remote_;
  std::unique_ptr<NearbyPlace> place_;
  std::unique_ptr<NearbyBlobStore> nearby_;
};

TEST_F(NearbyBlobStoreTest, ReadsTheFileItself) {
  EXPECT_EQ(Read().value(), content_);
  EXPECT_EQ(Read().value(), content_);
  EXPECT_EQ(remote_.opened, 0);
  EXPECT_EQ(remote_.located, 1);
}

TEST_F(NearbyBlobStoreTest, PartsAreSent) {
  EXPECT_EQ(Read(99'990).value(), "kkkkkkkkkk");
  EXPECT_EQ(remote_.opened, 1);
}

TEST_F(NearbyBlobStoreTest, WhatIsElsewhereIsSent) {
  int times = 0;
  for (const absl::StatusOr<BlobPlace>& elsewhere :
       {absl::StatusOr<BlobPlace>(absl::UnimplementedError("an older one")),
        absl::StatusOr<BlobPlace>(BlobPlace()),
        absl::StatusOr<BlobPlace>(BlobPlace{"sha256", "incoming"}),
        absl::StatusOr<BlobPlace>(BlobPlace{"/of another machine",
                                            "/of another machine/incoming"})}) {
    Reconnect();
    remote_.place = elsewhere;
    ++times;
    EXPECT_EQ(Read().value(), content_);
    EXPECT_EQ(remote_.opened, times);
    EXPECT_TRUE(Write("new").ok());
    EXPECT_EQ(remote_.sent, times);
  }
  EXPECT_EQ(remote_.adopted, 0);
}

TEST_F(NearbyBlobStoreTest, WhoCouldNotBeAskedIsAskedAgain) {
  remote_.place = absl::UnavailableError("restarting");
  EXPECT_EQ(Read().value(), content_);
  remote_.place = remote_.disk->place();
  EXPECT_EQ(Read().value(), content_);
  EXPECT_EQ(remote_.opened, 1);
}

TEST_F(NearbyBlobStoreTest, WritesTheFileItself) {
  EXPECT_EQ(Write("new").value(), 3);
  EXPECT_EQ(remote_.sent, 0);
  EXPECT_TRUE(NothingIsLeft());
  EXPECT_EQ(remote_.disk->Stat(Sha256Of("new")).value(), 3);
  EXPECT_EQ(Read(Sha256Of("new")).value(), "new");
}

TEST_F(NearbyBlobStoreTest, AWriterThatFailsSaysWhyAndLeavesNothing) {
  const auto put =
      nearby_->PutStream([](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
        EXPECT_TRUE(sink.Write("some").ok());
        return absl::DataLossError("kubelet: rotten");
      });
  EXPECT_EQ(put.status().message(), "kubelet: rotten");
  EXPECT_TRUE(NothingIsLeft());
  EXPECT_EQ(remote_.adopted, 0);
}

TEST_F(NearbyBlobStoreTest, WhatTheOtherSideDoesNotSeeIsSent) {
  const fs::path other = root_ / "of another container";
  fs::create_directories(other);
  remote_.place->incoming = other;
  EXPECT_EQ(Write("new").value(), 3);
  EXPECT_EQ(Read(Sha256Of("new")).value(), "new");
  EXPECT_TRUE(fs::is_empty(other));
  EXPECT_EQ(Write("newer").value(), 5);
  EXPECT_EQ(remote_.adopted, 1);
  EXPECT_EQ(remote_.sent, 2);
}

TEST_F(NearbyBlobStoreTest, ARefusalThatMayPassIsHandedOn) {
  remote_.refusal = absl::UnavailableError("restarting");
  EXPECT_TRUE(absl::IsUnavailable(Write("new").status()));
  EXPECT_TRUE(NothingIsLeft());
  remote_.refusal = absl::OkStatus();
  EXPECT_EQ(Write("new").value(), 3);
  EXPECT_EQ(remote_.sent, 0);
}

TEST_F(NearbyBlobStoreTest, NothingIsWrittenToADirectoryOfOthers) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to give a directory away";
  ASSERT_EQ(chown((root_ / "incoming").c_str(), 65534, 65534), 0);
  EXPECT_EQ(Write("new").value(), 3);
  EXPECT_EQ(remote_.adopted, 0);
  EXPECT_EQ(remote_.sent, 1);
}

TEST_F(NearbyBlobStoreTest, TheReserveOfTheOtherSideIsLeft) {
  remote_.place->reserve_bytes = std::numeric_limits<int64_t>::max() / 2;
  const auto written = Write("written");
  EXPECT_TRUE(absl::IsResourceExhausted(written.status())) << written.status();
  EXPECT_EQ(remote_.adopted, 0);
  EXPECT_TRUE(NothingIsLeft());
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
  remote_.place->directory = other;
  const fs::path pipe = other / fs::relative(File(), root_);
  fs::create_directories(pipe.parent_path());
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_EQ(Read().value(), content_);
  EXPECT_EQ(remote_.opened, 1);
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
  remote_.place->directory = other;
  const fs::path file = other / fs::relative(File(), root_);
  fs::create_directories(file.parent_path());
  std::ofstream(file) << "of another farm";
  EXPECT_EQ(Read().status().code(), absl::StatusCode::kDataLoss);
  EXPECT_EQ(Read().value(), content_);
}

}  // namespace
}  // namespace kso

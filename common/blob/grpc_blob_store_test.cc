// SPDX-License-Identifier: Apache-2.0
#include "common/blob/grpc_blob_store.h"

#include <fstream>
#include <stop_token>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "common/base/status_macros.h"
#include "common/blob/blob_service.h"
#include "common/blob/disk_blob_store.h"
#include "common/rpc/channel.h"
#include "common/rpc/server.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/memory_blob_store.h"

namespace kso {
namespace {

// Bytes without an end, of which it counts those that were asked for.
class EndlessSource : public ByteSource {
 public:
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    std::fill(buffer, buffer + size, 'x');
    total += size;
    return size;
  }
  size_t total = 0;
};

// Writes `text` in small pieces.
WriteBlob WriterOf(const std::string& text) {
  return [text](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
    for (size_t at = 0; at < text.size(); at += 7000) {
      KSO_RETURN_IF_ERROR(sink.Write(std::string_view(text).substr(at, 7000)));
    }
    return WrittenBlob{Sha256Of(text), static_cast<int64_t>(text.size())};
  };
}

class BrokenSource : public ByteSource {
 public:
  absl::StatusOr<size_t> Read(char*, size_t) override {
    return absl::UnavailableError("upstream hung up");
  }
};

class FullStore : public testing::MemoryBlobStore {
 public:
  absl::Status Put(const Digest&, int64_t, ByteSource&) override {
    return absl::ResourceExhaustedError("the disk is full");
  }
  absl::StatusOr<int64_t> PutStream(const WriteBlob&) override {
    return absl::ResourceExhaustedError("the disk is full");
  }
};

class GrpcBlobStoreTest : public ::testing::Test {
 protected:
  template <typename Store>
  void Serve(Store* blobs) {
    service_ = std::make_unique<BlobServiceImpl>(blobs, &server_clock_);
    auto server = rpc::StartServer("127.0.0.1:0", {service_.get()});
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    stub_ = v1::BlobService::NewStub(rpc::CreateChannel(server_->address()));
    client_ = CreateGrpcBlobStore(stub_.get(), &watch_, stop_.get_token());
  }

  absl::StatusOr<std::string> Get(const Digest& digest, int64_t offset = 0) {
    auto source = client_->Open(digest, offset);
    if (!source.ok()) return source.status();
    return ReadAll(**source, 10 << 20);
  }

  // Each side's own: they stand still unless a test moves them.
  testing::FakeClock client_clock_;
  testing::FakeClock server_clock_;
  rpc::CallWatch watch_{&client_clock_};
  std::stop_source stop_;
  testing::MemoryBlobStore memory_;
  std::unique_ptr<BlobServiceImpl> service_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<v1::BlobService::Stub> stub_;
  std::unique_ptr<RemoteBlobStore> client_;
};

TEST_F(GrpcBlobStoreTest, BlobsGoThereAndBack) {
  Serve(&memory_);
  for (const std::string& text :
       {std::string(), std::string("small"), std::string(3000000, 'l')}) {
    const Digest digest = Sha256Of(text);
    EXPECT_TRUE(absl::IsNotFound(client_->Stat(digest).status()));
    EXPECT_TRUE(absl::IsNotFound(client_->Open(digest, 0).status()));
    auto source = SourceOfString(text);
    ASSERT_TRUE(client_->Put(digest, text.size(), *source).ok());
    EXPECT_EQ(*client_->Stat(digest), static_cast<int64_t>(text.size()));
    EXPECT_EQ(*Get(digest), text);
    EXPECT_EQ(*Get(digest, text.size() / 2), text.substr(text.size() / 2));
    EXPECT_TRUE(absl::IsOutOfRange(Get(digest, text.size() + 1).status()));

    EndlessSource unread;
    ASSERT_TRUE(client_->Put(digest, text.size(), unread).ok());
    EXPECT_EQ(unread.total, 0u);
  }
}

TEST_F(GrpcBlobStoreTest, ABlobMayTellItsDigestAtItsEnd) {
  Serve(&memory_);
  for (const std::string& text :
       {std::string(), std::string("small"), std::string(3000000, 'l')}) {
    const auto put = client_->PutStream(WriterOf(text));
    ASSERT_TRUE(put.ok()) << put.status();
    EXPECT_EQ(*put, static_cast<int64_t>(text.size()));
    EXPECT_EQ(*Get(Sha256Of(text)), text);
  }
}

TEST_F(GrpcBlobStoreTest, WhatIsNotWhatItsEndSaysIsRefused) {
  Serve(&memory_);
  for (const WrittenBlob& wrong :
       {WrittenBlob{Sha256Of("right"), 5}, WrittenBlob{Sha256Of("wrong"), 4}}) {
    const auto put =
        client_->PutStream([&](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
          KSO_RETURN_IF_ERROR(sink.Write("wrong"));
          return wrong;
        });
    EXPECT_TRUE(absl::IsDataLoss(put.status())) << put.status();
  }
  EXPECT_EQ(memory_.size(), 0);
}

TEST_F(GrpcBlobStoreTest, AWriterThatFailsSaysWhyAndLeavesNothing) {
  Serve(&memory_);
  const auto put =
      client_->PutStream([](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
        KSO_RETURN_IF_ERROR(sink.Write(std::string(2 << 20, 'x')));
        return absl::DataLossError("kubelet: rotten");
      });
  EXPECT_EQ(put.status().message(), "kubelet: rotten");
  server_ = nullptr;
  EXPECT_EQ(memory_.size(), 0);
}

TEST_F(GrpcBlobStoreTest, AStreamThatIsCutIsNoBlob) {
  Serve(&memory_);
  grpc::ClientContext context;
  v1::UploadBlobResponse response;
  const auto writer = stub_->UploadBlob(&context, &response);
  v1::UploadBlobRequest request;
  request.mutable_header();
  ASSERT_TRUE(writer->Write(request));
  request.set_data("all that came");
  ASSERT_TRUE(writer->Write(request));
  writer->WritesDone();
  EXPECT_EQ(writer->Finish().error_code(), grpc::StatusCode::DATA_LOSS);
  EXPECT_EQ(memory_.size(), 0);
}

TEST_F(GrpcBlobStoreTest, AStreamThatIsRefusedEarlySaysWhy) {
  FullStore full;
  Serve(&full);
  const auto put =
      client_->PutStream([](ByteSink& sink) -> absl::StatusOr<WrittenBlob> {
        const std::string piece(1 << 20, 'x');
        while (true) KSO_RETURN_IF_ERROR(sink.Write(piece));
      });
  EXPECT_TRUE(absl::IsResourceExhausted(put.status())) << put.status();
  EXPECT_EQ(put.status().message(), "the disk is full");
}

TEST_F(GrpcBlobStoreTest, WrongBytesAreRefused) {
  Serve(&memory_);
  auto source = SourceOfString("wrong");
  EXPECT_TRUE(absl::IsDataLoss(client_->Put(Sha256Of("right"), 5, *source)));
  EXPECT_EQ(memory_.size(), 0);
}

TEST_F(GrpcBlobStoreTest, AnEarlyRefusalSaysWhy) {
  FullStore full;
  Serve(&full);
  EndlessSource source;
  const absl::Status status =
      client_->Put(Sha256Of("x"), int64_t{1} << 40, source);
  EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
  EXPECT_EQ(status.message(), "the disk is full");
}

TEST_F(GrpcBlobStoreTest, ABrokenSourceSaysWhy) {
  Serve(&memory_);
  BrokenSource source;
  const absl::Status status = client_->Put(Sha256Of("x"), 1, source);
  EXPECT_EQ(status.message(), "upstream hung up");
}

TEST_F(GrpcBlobStoreTest, RotThatTheOtherSideOverlooksIsNoticed) {
  testing::MemoryBlobStore careless(/*verifies=*/false);
  Serve(&careless);
  const Digest digest = careless.Add("right");
  careless.Damage(digest, "wrong");
  EXPECT_TRUE(absl::IsDataLoss(Get(digest).status()));
  server_ = nullptr;
}

TEST_F(GrpcBlobStoreTest, AReaderMayStopEarly) {
  Serve(&memory_);
  const Digest digest = memory_.Add(std::string(50 << 20, 'x'));
  auto source = client_->Open(digest, 0);
  ASSERT_TRUE(source.ok());
  char buffer[10];
  EXPECT_TRUE((*source)->Read(buffer, sizeof(buffer)).ok());
  source->reset();
  server_ = nullptr;
}

// Lets time pass until `end`.
void Pass(testing::FakeClock& clock, const absl::Notification& end) {
  while (!end.HasBeenNotified()) {
    clock.Advance(absl::Minutes(2));
    std::this_thread::yield();
  }
}

// A store that hangs: it takes nothing of what is sent to it.
class HangingStore : public testing::MemoryBlobStore {
 public:
  absl::Status Put(const Digest&, int64_t, ByteSource&) override {
    begun.Notify();
    release.WaitForNotification();
    return absl::UnavailableError("hung");
  }
  absl::Notification begun;
  absl::Notification release;
};

TEST_F(GrpcBlobStoreTest, AnUploadToWhoHangsEnds) {
  HangingStore hanging;
  Serve(&hanging);
  absl::Notification ended;
  std::thread time([&] {
    hanging.begun.WaitForNotification();
    Pass(client_clock_, ended);
  });
  EndlessSource source;
  const absl::Status status =
      client_->Put(Sha256Of("x"), int64_t{1} << 40, source);
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  ended.Notify();
  time.join();
  hanging.release.Notify();
  server_ = nullptr;
}

TEST_F(GrpcBlobStoreTest, CancellingEndsAnUpload) {
  HangingStore hanging;
  Serve(&hanging);
  std::thread canceller([&] {
    hanging.begun.WaitForNotification();
    stop_.request_stop();
  });
  EndlessSource source;
  const absl::Status status =
      client_->Put(Sha256Of("x"), int64_t{1} << 40, source);
  EXPECT_TRUE(absl::IsCancelled(status)) << status;
  canceller.join();
  hanging.release.Notify();
  server_ = nullptr;
}

// A store that says when a reader has gone.
class WatchedStore : public testing::MemoryBlobStore {
 public:
  absl::StatusOr<std::unique_ptr<ByteSource>> Open(const Digest&,
                                                   int64_t) override {
    class Source : public EndlessSource {
     public:
      explicit Source(absl::Notification* gone) : gone_(gone) {}
      ~Source() override { gone_->Notify(); }

     private:
      absl::Notification* const gone_;
    };
    return std::make_unique<Source>(&gone);
  }
  absl::Notification gone;
};

TEST_F(GrpcBlobStoreTest, TheServiceEndsADownloadThatNobodyReads) {
  WatchedStore watched;
  Serve(&watched);
  auto source = client_->Open(Sha256Of("x"), 0);
  ASSERT_TRUE(source.ok());
  // The service fills the buffers in between, and waits.
  Pass(server_clock_, watched.gone);
  // The reason arrives when it is faster than the end.
  const absl::Status end = ReadAll(**source, 60 << 20).status();
  EXPECT_TRUE(absl::IsUnavailable(end) || absl::IsDeadlineExceeded(end)) << end;
  source->reset();
  server_ = nullptr;
}

TEST_F(GrpcBlobStoreTest, FilesOfThisMachineAreAdopted) {
  const std::string root = ::testing::TempDir() + "/adopting";
  const auto disk = DiskBlobStore::Create(root);
  ASSERT_TRUE(disk.ok()) << disk.status();
  Serve(disk->get());
  const auto place = client_->Locate();
  ASSERT_TRUE(place.ok()) << place.status();
  EXPECT_EQ(place->directory, root);
  std::ofstream(place->incoming / "from-1") << "layer";
  EXPECT_TRUE(absl::IsDataLoss(client_->Adopt("from-1", {Sha256Of("x"), 1})));
  EXPECT_TRUE(absl::IsInvalidArgument(
      client_->Adopt("from-1", {Sha256Of("layer"), -5})));
  const absl::Status adopted = client_->Adopt("from-1", {Sha256Of("layer"), 5});
  EXPECT_TRUE(adopted.ok()) << adopted;
  EXPECT_EQ(*Get(Sha256Of("layer")), "layer");
  EXPECT_TRUE(absl::IsNotFound(client_->Adopt("from-1", {Sha256Of("x"), 1})));
  server_ = nullptr;
}

TEST_F(GrpcBlobStoreTest, AStoreWithoutFilesAdoptsNone) {
  Serve(&memory_);
  const auto place = client_->Locate();
  ASSERT_TRUE(place.ok()) << place.status();
  EXPECT_TRUE(place->directory.empty() && place->incoming.empty());
  EXPECT_TRUE(
      absl::IsUnimplemented(client_->Adopt("from-1", {Sha256Of("x"), 1})));
}

TEST_F(GrpcBlobStoreTest, NobodyThereIsUnavailable) {
  Serve(&memory_);
  server_ = nullptr;
  EXPECT_TRUE(absl::IsUnavailable(client_->Stat(Sha256Of("x")).status()));
}

TEST_F(GrpcBlobStoreTest, DigestsAreCheckedFirst) {
  Serve(&memory_);
  for (const char* digest : {"", "sha256:../../etc/passwd", "md5:00"}) {
    grpc::ClientContext context;
    v1::DownloadBlobRequest request;
    request.set_digest(digest);
    auto reader = stub_->DownloadBlob(&context, request);
    v1::DownloadBlobResponse response;
    EXPECT_FALSE(reader->Read(&response));
    EXPECT_EQ(reader->Finish().error_code(),
              grpc::StatusCode::INVALID_ARGUMENT);
  }
}

}  // namespace
}  // namespace kso

// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/parallel_download.h"

#include <atomic>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "absl/synchronization/barrier.h"
#include "absl/synchronization/blocking_counter.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "common/base/status_macros.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"

namespace kso::worker {
namespace {

constexpr ParallelOptions kOptions = {
    .least_bytes = 0, .piece_bytes = 10'000, .most_streams = 4};
constexpr ParallelOptions kOneStream = {
    .least_bytes = 0, .piece_bytes = 10'000, .most_streams = 1};
constexpr int64_t kTotal = 95'000;

std::string SomeBytes(int64_t size) {
  std::minstd_rand random(7);
  std::string bytes(static_cast<size_t>(size), '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

class ParallelDownloadTest : public ::testing::Test {
 protected:
  ParallelDownloadTest()
      : directory_(
            std::filesystem::path(::testing::TempDir()) /
            ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    clock_.AdvanceByItself();
    std::filesystem::remove_all(directory_);
    cache_ = DiskBlobStore::Create(directory_ / "blobs").value();
    Open();
    EXPECT_TRUE(partial_->Restart("\"v1\"").ok());
  }

  // Opens the file as another process finds it that one which was killed has
  // left.
  void Open() {
    partial_ = nullptr;
    partial_ =
        PartialFile::Open(directory_ / "partial" / "file", cache_.get(), true)
            .value();
  }

  absl::Status Download(const GetRange& get,
                        const ParallelOptions& options = kOptions) {
    return DownloadInPieces(*partial_, kTotal, get, options, &clock_, control_);
  }

  absl::Status Send(const http::ByteRange& range, ByteSink& sink) {
    sent_ += range.length;
    return sink.Write(std::string_view(content_).substr(
        static_cast<size_t>(range.first), static_cast<size_t>(range.length)));
  }

  void ExpectWhole() {
    EXPECT_EQ(partial_->size(), kTotal);
    EXPECT_EQ(partial_->present(), kTotal);
    Hasher sha512(Digest::Algorithm::kSha512);
    sha512.Update(content_);
    const PartialFile::Digests digests = partial_->Finish();
    EXPECT_EQ(digests.sha256, Sha256Of(content_));
    EXPECT_EQ(*digests.sha512, sha512.Finish());
    ASSERT_TRUE(partial_->MoveIntoCache(digests.sha256).ok());
    const auto source = cache_->Open(Sha256Of(content_), 0);
    ASSERT_TRUE(source.ok()) << source.status();
    EXPECT_EQ(ReadAll(**source, kTotal).value(), content_);
    EXPECT_TRUE(std::filesystem::is_empty(directory_ / "partial"));
  }

  const std::string content_ = SomeBytes(kTotal);
  const std::filesystem::path directory_;
  testing::FakeClock clock_;
  TaskControl control_;
  std::unique_ptr<DiskBlobStore> cache_;
  std::unique_ptr<PartialFile> partial_;
  std::atomic<int64_t> sent_ = 0;
};

TEST_F(ParallelDownloadTest, PiecesComeSideBySide) {
  // No stream goes on before all four are there, each with a piece of its own.
  absl::Barrier* const all = new absl::Barrier(4);
  std::atomic<int> spares = 0;
  const absl::Status status = Download(
      [&](const http::TransferOptions& wanted, ByteSink& sink) -> absl::Status {
        if (wanted.spare) ++spares;
        const int64_t half = wanted.range->length / 2;
        KSO_RETURN_IF_ERROR(Send({wanted.range->first, half}, sink));
        if (wanted.range->first < 40'000 && all->Block()) delete all;
        return Send({wanted.range->first + half, wanted.range->length - half},
                    sink);
      });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_GE(spares, 3);
  EXPECT_EQ(sent_, kTotal);
  EXPECT_EQ(control_.bytes_fetched(), kTotal);
  ExpectWhole();
}

TEST_F(ParallelDownloadTest, OneStreamDoesItWhereNoPlaceIsSpare) {
  const absl::Status status = Download(
      [&](const http::TransferOptions& wanted, ByteSink& sink) -> absl::Status {
        if (wanted.spare) return absl::AbortedError("no place");
        // This is not always the next piece: a helper may hold that for a
        // moment, until it hears that there is no place.
        return Send(*wanted.range, sink);
      });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(sent_, kTotal);
  ExpectWhole();
}

TEST_F(ParallelDownloadTest, ThereAreNoMoreStreamsThanAreAllowed) {
  std::atomic<int> spares = 0;
  const absl::Status status = Download(
      [&](const http::TransferOptions& wanted, ByteSink& sink) -> absl::Status {
        if (wanted.spare) ++spares;
        // In small parts, which leave another stream the time to begin.
        const http::ByteRange range = *wanted.range;
        for (int64_t at = range.first; at < range.end(); at += 10) {
          KSO_RETURN_IF_ERROR(Send({at, 10}, sink));
        }
        return absl::OkStatus();
      },
      kOneStream);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(spares, 0);
  ExpectWhole();
}

TEST_F(ParallelDownloadTest, TwoPiecesComeSideBySideToo) {
  // Neither stream goes on before both are there.
  absl::Barrier* const both = new absl::Barrier(2);
  const absl::Status status = DownloadInPieces(
      *partial_, 20'000,
      [&](const http::TransferOptions& wanted, ByteSink& sink) -> absl::Status {
        const int64_t half = wanted.range->length / 2;
        KSO_RETURN_IF_ERROR(Send({wanted.range->first, half}, sink));
        if (both->Block()) delete both;
        return Send({wanted.range->first + half, half}, sink);
      },
      kOptions, &clock_, control_);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(partial_->size(), 20'000);
}

TEST_F(ParallelDownloadTest, TheFirstStreamDoesNotWaitForTheOthers) {
  absl::Notification third;
  std::atomic<int> first_streams = 0;
  const absl::Status status =
      Download([&](const http::TransferOptions& wanted, ByteSink& sink) {
        if (wanted.spare) {
          third.WaitForNotification();
        } else if (++first_streams == 3) {
          third.Notify();
        }
        return Send(*wanted.range, sink);
      });
  ASSERT_TRUE(status.ok()) << status;
  ExpectWhole();
}

// Hosts that send a little less than was asked for, and say so or not.
TEST_F(ParallelDownloadTest, ASingleByteThatIsMissingIsAskedFor) {
  ASSERT_TRUE(partial_->Divide(kTotal, kOptions.piece_bytes).ok());
  ASSERT_TRUE(partial_->WritePiece(3, content_.substr(30'000, 9'999)).ok());
  int requests = 0;
  const absl::Status status = Download(
      [&](const http::TransferOptions& wanted, ByteSink& sink) -> absl::Status {
        ++requests;
        const http::ByteRange range = *wanted.range;
        if (range.length == 1) return Send(range, sink);
        KSO_RETURN_IF_ERROR(Send({range.first, range.length - 1}, sink));
        return range.first == 50'000 ? absl::UnavailableError("cut")
                                     : absl::OkStatus();
      },
      kOneStream);
  ASSERT_TRUE(status.ok()) << status;
  // Two for each of the ten pieces but the one of which a byte was missing.
  EXPECT_EQ(requests, 19);
  EXPECT_EQ(sent_, kTotal - 9'999);
  ExpectWhole();
}

TEST_F(ParallelDownloadTest, AnotherProcessFetchesOnlyWhatIsMissing) {
  absl::Notification others;
  const absl::Status broken = Download(
      [&](const http::TransferOptions& wanted, ByteSink& sink) -> absl::Status {
        KSO_RETURN_IF_ERROR(
            Send({wanted.range->first, wanted.range->length / 2}, sink));
        if (wanted.range->first == 30'000) others.Notify();
        others.WaitForNotification();
        return absl::NotFoundError("gone");
      });
  EXPECT_TRUE(absl::IsNotFound(broken)) << broken;
  const int64_t before = sent_;
  EXPECT_EQ(before, 20'000);

  Open();
  EXPECT_EQ(partial_->size(), 5'000);
  EXPECT_EQ(partial_->present(), before);
  const absl::Status status =
      Download([&](const http::TransferOptions& wanted, ByteSink& sink) {
        return Send(*wanted.range, sink);
      });
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(sent_, kTotal);
  ExpectWhole();
}

TEST_F(ParallelDownloadTest, WhatIsBehindAGapGoesWithThePieces) {
  ASSERT_TRUE(partial_->Divide(kTotal, kOptions.piece_bytes).ok());
  ASSERT_TRUE(partial_->WritePiece(0, content_.substr(0, 100)).ok());
  ASSERT_TRUE(partial_->WritePiece(3, content_.substr(30'000, 100)).ok());
  ASSERT_TRUE(partial_->Join().ok());
  EXPECT_EQ(partial_->present(), 100);
  Open();
  EXPECT_EQ(partial_->size(), 100);
  ASSERT_TRUE(partial_->Write(content_.substr(100)).ok());
  ExpectWhole();
}

TEST_F(ParallelDownloadTest, AFileCutShortBehindItsTableIsBegunAgain) {
  ASSERT_TRUE(partial_->Divide(kTotal, kOptions.piece_bytes).ok());
  ASSERT_TRUE(partial_->WritePiece(0, content_.substr(0, 100)).ok());
  ASSERT_TRUE(partial_->WritePiece(3, content_.substr(30'000, 100)).ok());
  partial_ = nullptr;
  std::filesystem::resize_file(directory_ / "partial" / "file", 30'099);
  Open();
  EXPECT_EQ(partial_->present(), 0);
  EXPECT_EQ(partial_->validator(), "");
}

TEST_F(ParallelDownloadTest, MoreThanWasAskedForIsNotWritten) {
  const absl::Status status =
      Download([&](const http::TransferOptions& wanted, ByteSink& sink) {
        return sink.Write(std::string(wanted.range->length + 1, 'x'));
      });
  EXPECT_TRUE(absl::IsFailedPrecondition(status)) << status;
  EXPECT_EQ(partial_->present(), 0);
}

TEST_F(ParallelDownloadTest, AHostThatSendsNothingIsGivenUp) {
  int requests = 0;
  const absl::Status status =
      Download([&](const http::TransferOptions&, ByteSink&) {
        ++requests;
        return absl::OkStatus();
      });
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_EQ(requests, 4);
}

TEST_F(ParallelDownloadTest, CancellationEndsAllStreams) {
  const auto hang = [&](const http::TransferOptions& wanted, ByteSink& sink) {
    const absl::Status status = Send({wanted.range->first, 1}, sink);
    if (!status.ok()) return status;
    // The stream hangs as a transport does in which nothing moves.
    if (wanted.range->first >= 20'000) control_.Cancel();
    while (!wanted.stop.stop_requested()) std::this_thread::yield();
    return absl::CancelledError("");
  };
  EXPECT_TRUE(absl::IsCancelled(Download(hang)));
}

TEST_F(ParallelDownloadTest, AnErrorOfTheFirstStreamEndsTheOthers) {
  absl::Notification other;
  const absl::Status status =
      Download([&](const http::TransferOptions& wanted, ByteSink& sink) {
        if (!wanted.spare) {
          (void)Send({wanted.range->first, 1}, sink);
          other.WaitForNotification();
          return absl::PermissionDeniedError("403");
        }
        if (!other.HasBeenNotified()) other.Notify();
        while (!wanted.stop.stop_requested()) std::this_thread::yield();
        return absl::CancelledError("");
      });
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
}

TEST_F(ParallelDownloadTest, AStreamThatIsToEndTakesNoOtherPiece) {
  absl::BlockingCounter others(3);
  const absl::Status status = Download(
      [&](const http::TransferOptions& wanted, ByteSink& sink) -> absl::Status {
        if (!wanted.spare) {
          KSO_RETURN_IF_ERROR(Send({wanted.range->first, 1}, sink));
          others.Wait();
          return absl::PermissionDeniedError("403");
        }
        others.DecrementCount();
        while (!wanted.stop.stop_requested()) std::this_thread::yield();
        return Send(*wanted.range, sink);
      });
  EXPECT_TRUE(absl::IsPermissionDenied(status)) << status;
  EXPECT_EQ(partial_->present(), 1 + 3 * 10'000);
}

// Hosts cut, refuse, send less or send nothing, and processes are killed in
// between: every byte is right, and none that is there comes again.
TEST_F(ParallelDownloadTest, FaultsAtEverySeam) {
  for (int seed = 1; seed <= 100; ++seed) {
    absl::Mutex mutex;
    std::minstd_rand random(seed);
    const auto between = [&](int64_t from, int64_t to) {
      absl::MutexLock lock(&mutex);
      return from + static_cast<int64_t>(random() % (to - from + 1));
    };
    sent_ = 0;
    Open();
    ASSERT_TRUE(partial_->Restart("\"v1\"").ok());
    const GetRange get = [&](const http::TransferOptions& wanted,
                             ByteSink& sink) -> absl::Status {
      if (wanted.spare && between(1, 3) == 1) return absl::AbortedError("");
      int64_t length = wanted.range->length;
      const int64_t fault = between(1, 10);
      if (fault <= 2) return absl::UnavailableError("503");
      if (fault <= 5) length = between(0, length);
      // In chunks, as from a socket.
      for (int64_t at = 0; at < length;) {
        const int64_t chunk = std::min<int64_t>(between(1, 4'000), length - at);
        KSO_RETURN_IF_ERROR(Send({wanted.range->first + at, chunk}, sink));
        at += chunk;
      }
      return fault == 3 ? absl::UnavailableError("cut") : absl::OkStatus();
    };
    absl::Status status;
    for (int tries = 0; tries < 50; ++tries) {
      status = Download(get);
      if (status.ok()) break;
      EXPECT_TRUE(absl::IsUnavailable(status)) << status;
      Open();
    }
    ASSERT_TRUE(status.ok()) << "seed " << seed << ": " << status;
    EXPECT_EQ(sent_, kTotal) << "seed " << seed;
    ExpectWhole();
  }
}

}  // namespace
}  // namespace kso::worker

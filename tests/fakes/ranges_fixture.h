// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_FAKES_RANGES_FIXTURE_H_
#define KSO_TESTS_FAKES_RANGES_FIXTURE_H_

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "common/oci/login/credentials.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"
#include "worker/fetch/blob_fetcher.h"
#include "worker/fetch/file_fetcher.h"
#include "worker/task/image_stores.h"

// Hosts that serve ranges, and those that do not do it well.

namespace kso::worker {

inline constexpr char kEtag[] = "\"v1\"";
inline constexpr ParallelOptions kOptions = {
    .least_bytes = 100'000, .piece_bytes = 64'000, .most_streams = 4};
inline constexpr size_t kSize = 500'000;

inline std::string Bytes(size_t size, const std::string& word) {
  std::string bytes;
  for (int i = 0; bytes.size() < size; ++i) absl::StrAppend(&bytes, word, i);
  bytes.resize(size);
  return bytes;
}

// A host and its quirks; requests are numbered from 1.
struct Host {
  std::string content = Bytes(kSize, "kubelet");
  std::string etag = kEtag;
  bool knows_ranges = true;
  bool knows_if_range = true;
  // Changes an answer that would be right.
  std::function<void(int number, testing::FakeAnswer& answer)> spoil = {};
};

class RangesTest : public ::testing::Test {
 protected:
  RangesTest()
      : directory_(
            std::filesystem::path(::testing::TempDir()) /
            ::testing::UnitTest::GetInstance()->current_test_info()->name()) {
    clock_.AdvanceByItself();
    std::filesystem::remove_all(directory_);
    cache_ = DiskBlobStore::Create(directory_ / "blobs").value();
    StartWorker();
  }

  void StartWorker() {
    files_ = std::make_unique<FileFetcher>(&transport_, &clock_, cache_.get(),
                                           directory_, kOptions);
    stores_ = CreateImageStores(&transport_, &clock_, &credentials_, {});
    blobs_ = std::make_unique<BlobFetcher>(stores_.get(), &clock_, cache_.get(),
                                           directory_, kOptions);
  }

  // As on a worker that has done nothing yet.
  void ForgetAll() {
    cache_ = nullptr;
    std::filesystem::remove_all(directory_ / "blobs");
    cache_ = DiskBlobStore::Create(directory_ / "blobs").value();
    StartWorker();
  }

  void Serve(const std::string& url, Host host) {
    {
      absl::MutexLock lock(&mutex_);
      host_ = std::move(host);
      number_ = 0;
    }
    transport_.On("GET", url, [this](const http::Request& request) {
      absl::MutexLock lock(&mutex_);
      return Answer(request);
    });
  }

  testing::FakeAnswer Answer(const http::Request& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    testing::FakeAnswer answer = {.headers = {{"ETag", host_.etag}},
                                  .body = host_.content};
    const std::string range = testing::HeaderOf(request, "Range");
    const std::string if_range = testing::HeaderOf(request, "If-Range");
    const bool same =
        if_range.empty() || if_range == host_.etag || !host_.knows_if_range;
    if (host_.knows_ranges && !range.empty() && same) {
      ranges_.push_back(range);
      const std::vector<std::string> ends =
          absl::StrSplit(absl::StripPrefix(range, "bytes="), '-');
      size_t first = 0;
      size_t last = host_.content.size() - 1;
      EXPECT_TRUE(absl::SimpleAtoi(ends[0], &first)) << range;
      if (!ends[1].empty()) {
        EXPECT_TRUE(absl::SimpleAtoi(ends[1], &last)) << range;
      }
      if (first >= host_.content.size()) return {.status = 416};
      last = std::min(last, host_.content.size() - 1);
      answer.status = 206;
      answer.body = host_.content.substr(first, last - first + 1);
      answer.headers.emplace_back(
          "Content-Range",
          absl::StrCat("bytes ", first, "-", last, "/", host_.content.size()));
    }
    if (host_.spoil) host_.spoil(++number_, answer);
    sent_ += static_cast<int64_t>(answer.body.size());
    return answer;
  }

  std::string Cached(const Digest& digest) {
    const auto source = cache_->Open(digest, 0);
    return source.ok() ? ReadAll(**source, 1 << 20).value_or("") : "";
  }

  std::vector<std::string> ranges() {
    absl::MutexLock lock(&mutex_);
    return ranges_;
  }
  int64_t sent() {
    absl::MutexLock lock(&mutex_);
    return sent_;
  }

  testing::FakeClock clock_;
  testing::FakeTransport transport_;
  oci::Credentials credentials_;
  const std::filesystem::path directory_;
  std::unique_ptr<DiskBlobStore> cache_;
  std::unique_ptr<FileFetcher> files_;
  std::unique_ptr<ImageStores> stores_;
  std::unique_ptr<BlobFetcher> blobs_;

  absl::Mutex mutex_;
  Host host_ ABSL_GUARDED_BY(mutex_);
  int number_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> ranges_ ABSL_GUARDED_BY(mutex_);
  int64_t sent_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kso::worker

#endif  // KSO_TESTS_FAKES_RANGES_FIXTURE_H_

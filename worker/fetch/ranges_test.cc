// Large files and blobs from hosts that serve ranges, and from those that do
// not do it well.

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/synchronization/mutex.h"
#include "common/oci/credentials.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/fake_transport.h"
#include "worker/fetch/blob_fetcher.h"
#include "worker/fetch/file_fetcher.h"
#include "worker/task/image_stores.h"

namespace kso::worker {
namespace {

using ::kso::testing::FakeAnswer;
using ::kso::testing::HeaderOf;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kUrl[] = "https://dl.example.com/kubelet";
constexpr char kEtag[] = "\"v1\"";
constexpr ParallelOptions kOptions = {
    .least_bytes = 100'000, .piece_bytes = 64'000, .most_streams = 4};
constexpr size_t kSize = 500'000;

std::string Bytes(size_t size, const std::string& word) {
  std::string bytes;
  for (int i = 0; bytes.size() < size; ++i) absl::StrAppend(&bytes, word, i);
  bytes.resize(size);
  return bytes;
}

// What a host does with the request of that number, the first being 1.
struct Host {
  std::string content = Bytes(kSize, "kubelet");
  std::string etag = kEtag;
  bool knows_ranges = true;
  bool knows_if_range = true;
  // Changes an answer that would be right.
  std::function<void(int number, FakeAnswer& answer)> spoil = {};
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

  FakeAnswer Answer(const http::Request& request)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    FakeAnswer answer = {.headers = {{"ETag", host_.etag}},
                         .body = host_.content};
    const std::string range = HeaderOf(request, "Range");
    const std::string if_range = HeaderOf(request, "If-Range");
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

  absl::StatusOr<CachedContent> FetchFile(const std::string& content,
                                          const std::string& etag = kEtag) {
    v1::FileSource source;
    source.set_url(kUrl);
    source.set_digest(Sha256Of(content).ToString());
    source.set_size(static_cast<int64_t>(content.size()));
    source.set_etag(etag);
    TaskControl control;
    return files_->Fetch(source, {}, control);
  }

  std::string Cached(const Digest& digest) {
    const auto source = cache_->Open(digest, 0);
    return source.ok() ? ReadAll(**source, 1 << 20).value_or("") : "";
  }

  void ExpectFile(const std::string& content) {
    const auto fetched = FetchFile(content);
    ASSERT_TRUE(fetched.ok()) << fetched.status();
    EXPECT_TRUE(Cached(fetched->digest) == content);
    EXPECT_TRUE(std::filesystem::is_empty(directory_ / "partial"));
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

TEST_F(RangesTest, ALargeFileComesInPieces) {
  const Host host;
  Serve(kUrl, host);
  ExpectFile(host.content);
  EXPECT_THAT(ranges(), SizeIs(8));
  EXPECT_THAT(ranges(), Contains("bytes=448000-499999"));
  EXPECT_EQ(sent(), kSize);
  for (const http::Request& request : transport_.requests()) {
    EXPECT_EQ(HeaderOf(request, "If-Range"), kEtag);
  }
}

TEST_F(RangesTest, ASmallFileComesInOne) {
  Host host;
  host.content = Bytes(99'999, "small");
  Serve(kUrl, host);
  ExpectFile(host.content);
  EXPECT_THAT(ranges(), IsEmpty());
}

TEST_F(RangesTest, SoDoesOneWhoseHostHasNoStrongEtag) {
  const Host host;
  Serve(kUrl, host);
  ASSERT_TRUE(FetchFile(host.content, "W/\"v1\"").ok());
  EXPECT_THAT(ranges(), IsEmpty());
}

// As of a file that was planned by its checksum alone.
TEST_F(RangesTest, WhoseHostWasNotAskedBeforeIsAskedThen) {
  const Host host;
  Serve(kUrl, host);
  transport_.On("HEAD", kUrl, [&](const http::Request&) {
    return FakeAnswer{
        .headers = {{"ETag", kEtag},
                    {"Content-Length", absl::StrCat(host.content.size())}}};
  });
  const auto fetched = FetchFile(host.content, /*etag=*/"");
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_TRUE(Cached(fetched->digest) == host.content);
  EXPECT_THAT(ranges(), SizeIs(8));
  EXPECT_EQ(sent(), kSize);
}

TEST_F(RangesTest, WhatItThenSaysOfAnotherFileIsNotUsed) {
  Host host;
  Serve(kUrl, host);
  transport_.On("HEAD", kUrl, [&](const http::Request&) {
    return FakeAnswer{.headers = {{"ETag", kEtag}, {"Content-Length", "7"}}};
  });
  ASSERT_TRUE(FetchFile(host.content, /*etag=*/"").ok());
  EXPECT_THAT(ranges(), IsEmpty());
}

// After a cut and a restart.
TEST_F(RangesTest, WhatCameBeforeIsKeptWhenTheHostWasNotAskedYet) {
  Host host;
  host.spoil = [](int number, FakeAnswer& answer) {
    if (number > 4) answer = {.status = 503};
  };
  Serve(kUrl, host);
  EXPECT_FALSE(FetchFile(host.content).ok());
  const int64_t before = sent();
  ASSERT_GT(before, 0);
  StartWorker();
  host.spoil = {};
  Serve(kUrl, host);
  transport_.On("HEAD", kUrl, [&](const http::Request&) {
    return FakeAnswer{
        .headers = {{"ETag", kEtag},
                    {"Content-Length", absl::StrCat(host.content.size())}}};
  });
  ASSERT_TRUE(FetchFile(host.content, /*etag=*/"").ok());
  EXPECT_EQ(sent(), kSize);
}

TEST_F(RangesTest, AHostThatIgnoresRangesSendsAllOfIt) {
  Host host;
  host.knows_ranges = false;
  Serve(kUrl, host);
  ExpectFile(host.content);
}

TEST_F(RangesTest, AHostThatBeginsToIgnoreRangesSendsAllOfIt) {
  Host host;
  host.spoil = [&host](int number, FakeAnswer& answer) {
    if (number != 3 && number != 4) return;
    answer = {.headers = {{"ETag", kEtag}}, .body = host.content};
  };
  Serve(kUrl, host);
  ExpectFile(host.content);
}

TEST_F(RangesTest, AChangedFileIsNotMixedWithTheOneBefore) {
  const std::string after = Bytes(kSize, "changed");
  for (const bool knows_if_range : {true, false}) {
    Host host;
    host.knows_if_range = knows_if_range;
    host.spoil = [this, &after](int number, FakeAnswer&)
                     ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
                       if (number != 2) return;
                       host_.content = after;
                       host_.etag = "\"v2\"";
                     };
    Serve(kUrl, host);
    // What the list states is the file that the host has by then.
    ExpectFile(after);
    ForgetAll();
  }
}

TEST_F(RangesTest, WrongAnswersLeaveNoWrongBytes) {
  const std::vector<std::function<void(FakeAnswer&)>> spoilers = {
      // Another range than asked for, or none that can be read.
      [](FakeAnswer& answer) {
        answer.headers[1].second = "bytes 1-64000/500000";
      },
      [](FakeAnswer& answer) { answer.headers.pop_back(); },
      // Of a file of another size.
      [](FakeAnswer& answer) {
        answer.headers[1].second = absl::StrCat(answer.headers[1].second, "0");
      },
      // More than asked for.
      [](FakeAnswer& answer) { answer.body += "more"; },
      // The beginning of it, and so does the header say, or not.
      [](FakeAnswer& answer) { answer.body.resize(answer.body.size() / 2); },
      [](FakeAnswer& answer) { answer.body.clear(); },
      [](FakeAnswer& answer) {
        answer.body.resize(1000);
        answer.ending = absl::UnavailableError("cut");
      },
      [](FakeAnswer& answer) { answer = {.status = 416}; },
      [](FakeAnswer& answer) { answer = {.status = 503}; },
      [](FakeAnswer& answer) { answer.body[0] ^= 1; },
      [](FakeAnswer& answer) { answer.headers[0].second = "W/\"v1\""; },
  };
  for (size_t i = 0; i < spoilers.size(); ++i) {
    Host host;
    const auto& spoiler = spoilers[i];
    host.spoil = [&spoiler](int number, FakeAnswer& answer) {
      if (number == 2 && answer.headers.size() == 2) spoiler(answer);
    };
    SCOPED_TRACE(i);
    Serve(kUrl, host);
    ExpectFile(host.content);
    ForgetAll();
  }
}

TEST_F(RangesTest, GoesOnWithThePiecesAfterARestart) {
  Host host;
  host.spoil = [](int number, FakeAnswer& answer) {
    if (number <= 3) return;
    answer = {.status = 404};
  };
  Serve(kUrl, host);
  EXPECT_FALSE(FetchFile(host.content).ok());
  const int64_t before = sent();
  EXPECT_GE(before, 64'000);

  StartWorker();
  host.spoil = {};
  {
    absl::MutexLock lock(&mutex_);
    host_ = host;
  }
  ExpectFile(host.content);
  EXPECT_EQ(sent(), kSize);
}

class BlobRangesTest : public RangesTest {
 protected:
  absl::StatusOr<CachedContent> FetchBlob(const std::string& content) {
    v1::BlobSource source;
    source.set_repository("quay.io/a");
    source.mutable_blob()->set_digest(Sha256Of(content).ToString());
    source.mutable_blob()->set_size(static_cast<int64_t>(content.size()));
    TaskControl control;
    return blobs_->Fetch(source, {}, control);
  }

  static std::string UrlOf(const std::string& content) {
    return "https://quay.io/v2/a/blobs/" + Sha256Of(content).ToString();
  }

  void ExpectBlob(const std::string& content) {
    const auto fetched = FetchBlob(content);
    ASSERT_TRUE(fetched.ok()) << fetched.status();
    EXPECT_TRUE(Cached(fetched->digest) == content);
    EXPECT_TRUE(std::filesystem::is_empty(directory_ / "partial"));
  }
};

TEST_F(BlobRangesTest, ALargeBlobComesInPieces) {
  const Host host;
  Serve(UrlOf(host.content), host);
  ExpectBlob(host.content);
  EXPECT_THAT(ranges(), SizeIs(8));
  EXPECT_EQ(sent(), kSize);
}

TEST_F(BlobRangesTest, ASmallBlobComesInOne) {
  Host host;
  host.content = Bytes(99'999, "small");
  Serve(UrlOf(host.content), host);
  ExpectBlob(host.content);
  EXPECT_THAT(ranges(), IsEmpty());
}

TEST_F(BlobRangesTest, ARegistryWithoutRangesSendsAllOfIt) {
  Host host;
  host.knows_ranges = false;
  Serve(UrlOf(host.content), host);
  ExpectBlob(host.content);
}

TEST_F(BlobRangesTest, ACutStreamOfARegistryWithoutRangesComesAgain) {
  Host host;
  host.content = Bytes(99'999, "small");
  host.knows_ranges = false;
  host.spoil = [](int number, FakeAnswer& answer) {
    if (number > 2) return;
    answer.body.resize(40'000);
    answer.ending = absl::UnavailableError("cut");
  };
  Serve(UrlOf(host.content), host);
  ExpectBlob(host.content);
}

TEST_F(BlobRangesTest, WrongBytesAreFetchedInOrderTheSecondTime) {
  Host host;
  host.spoil = [](int number, FakeAnswer& answer) {
    if (number == 4) answer.body[0] ^= 1;
  };
  Serve(UrlOf(host.content), host);
  ExpectBlob(host.content);
  EXPECT_THAT(ranges(), SizeIs(8));
}

TEST_F(BlobRangesTest, WrongBytesThatComeTwiceAreRefused) {
  Host host;
  const std::string wanted = host.content;
  host.content[7] ^= 1;
  Serve(UrlOf(wanted), host);
  const auto fetched = FetchBlob(wanted);
  EXPECT_TRUE(absl::IsDataLoss(fetched.status())) << fetched.status();
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / "partial"));
}

TEST_F(BlobRangesTest, GoesOnWithThePiecesAfterARestart) {
  Host host;
  host.spoil = [](int number, FakeAnswer& answer) {
    if (number > 3) answer = {.status = 404};
  };
  Serve(UrlOf(host.content), host);
  EXPECT_FALSE(FetchBlob(host.content).ok());
  EXPECT_GE(sent(), 64'000);
  StartWorker();
  {
    absl::MutexLock lock(&mutex_);
    host_.spoil = {};
  }
  ExpectBlob(host.content);
  EXPECT_EQ(sent(), kSize);
}

}  // namespace
}  // namespace kso::worker

// SPDX-License-Identifier: Apache-2.0
// Large files from hosts that serve ranges, and from those that do not do it
// well.

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/ranges_fixture.h"

namespace kso::worker {
namespace {

using ::kso::testing::FakeAnswer;
using ::kso::testing::HeaderOf;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kUrl[] = "https://dl.example.com/kubelet";

class FileRangesTest : public RangesTest {
 protected:
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

  void ExpectFile(const std::string& content) {
    const auto fetched = FetchFile(content);
    ASSERT_TRUE(fetched.ok()) << fetched.status();
    EXPECT_TRUE(Cached(fetched->digest) == content);
    EXPECT_TRUE(std::filesystem::is_empty(directory_ / "partial"));
  }
};

TEST_F(FileRangesTest, ALargeFileComesInPieces) {
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

TEST_F(FileRangesTest, ASmallFileComesInOne) {
  Host host;
  host.content = Bytes(99'999, "small");
  Serve(kUrl, host);
  ExpectFile(host.content);
  EXPECT_THAT(ranges(), IsEmpty());
}

TEST_F(FileRangesTest, SoDoesOneWhoseHostHasNoStrongEtag) {
  const Host host;
  Serve(kUrl, host);
  ASSERT_TRUE(FetchFile(host.content, "W/\"v1\"").ok());
  EXPECT_THAT(ranges(), IsEmpty());
}

// The source of a file that was planned by its checksum alone.
TEST_F(FileRangesTest, WhoseHostWasNotAskedBeforeIsAskedThen) {
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

TEST_F(FileRangesTest, WhatItThenSaysOfAnotherFileIsNotUsed) {
  Host host;
  Serve(kUrl, host);
  transport_.On("HEAD", kUrl, [&](const http::Request&) {
    return FakeAnswer{.headers = {{"ETag", kEtag}, {"Content-Length", "7"}}};
  });
  ASSERT_TRUE(FetchFile(host.content, /*etag=*/"").ok());
  EXPECT_THAT(ranges(), IsEmpty());
}

// After a cut and a restart.
TEST_F(FileRangesTest, WhatCameBeforeIsKeptWhenTheHostWasNotAskedYet) {
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

TEST_F(FileRangesTest, AHostThatIgnoresRangesSendsAllOfIt) {
  Host host;
  host.knows_ranges = false;
  Serve(kUrl, host);
  ExpectFile(host.content);
}

TEST_F(FileRangesTest, AHostThatBeginsToIgnoreRangesSendsAllOfIt) {
  Host host;
  host.spoil = [&host](int number, FakeAnswer& answer) {
    if (number != 3 && number != 4) return;
    answer = {.headers = {{"ETag", kEtag}}, .body = host.content};
  };
  Serve(kUrl, host);
  ExpectFile(host.content);
}

TEST_F(FileRangesTest, AChangedFileIsNotMixedWithTheOneBefore) {
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
    // The checksum in the list is that of the file that the host has by then.
    ExpectFile(after);
    ForgetAll();
  }
}

// Nothing in the list tells one version from the other.
TEST_F(FileRangesTest, AChangedFileWithoutAChecksumIsNotMixedEither) {
  for (const bool knows_if_range : {true, false}) {
    // Large files come in pieces, small ones are resumed where they were cut.
    for (const size_t size : {kSize, size_t{90'000}}) {
      const std::string after = Bytes(size, "changed");
      Host host;
      host.content = Bytes(size, "kubelet");
      host.knows_if_range = knows_if_range;
      host.spoil = [this, &after](int number, FakeAnswer& answer)
                       ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
                         if (number != 1) return;
                         answer.body.resize(answer.body.size() / 2);
                         answer.ending = absl::UnavailableError("cut");
                         host_.content = after;
                         host_.etag = "\"v2\"";
                       };
      Serve(kUrl, host);
      v1::FileSource source;
      source.set_url(kUrl);
      source.set_size(static_cast<int64_t>(size));
      source.set_etag(kEtag);
      TaskControl control;
      const auto fetched = files_->Fetch(source, {}, control);
      ASSERT_TRUE(fetched.ok()) << fetched.status();
      EXPECT_TRUE(Cached(fetched->digest) == after)
          << knows_if_range << " " << size;
      ForgetAll();
    }
  }
}

TEST_F(FileRangesTest, WrongAnswersLeaveNoWrongBytes) {
  const std::vector<std::function<void(FakeAnswer&)>> spoilers = {
      // The host sends another range than asked for, or none that can be read.
      [](FakeAnswer& answer) {
        answer.headers[1].second = "bytes 1-64000/500000";
      },
      [](FakeAnswer& answer) { answer.headers.pop_back(); },
      // The range is one of a file of another size.
      [](FakeAnswer& answer) {
        answer.headers[1].second = absl::StrCat(answer.headers[1].second, "0");
      },
      // The host sends more than was asked for.
      [](FakeAnswer& answer) { answer.body += "more"; },
      // The host sends the beginning of the range, and its header says so, or
      // not.
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

TEST_F(FileRangesTest, GoesOnWithThePiecesAfterARestart) {
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

}  // namespace
}  // namespace kso::worker

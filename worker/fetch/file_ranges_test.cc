// SPDX-License-Identifier: Apache-2.0
// Large files from hosts that serve ranges, and from those that do not do it
// well.

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/ranges_fixture.h"
#include "worker/fetch/partial_file.h"

namespace kso::worker {
namespace {

using ::kso::testing::FakeAnswer;
using ::kso::testing::HeaderOf;
using ::testing::Contains;
using ::testing::HasSubstr;
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

  // A file of which nothing is known but its URL.
  static v1::FileSource Unknown() {
    v1::FileSource source;
    source.set_url(kUrl);
    source.set_size(-1);
    return source;
  }

  // Leaves a download as a worker does that is killed.
  void LeavePartial(const std::string& content) {
    const auto partial =
        PartialFile::Open(directory_ / "partial" / Sha256Of(kUrl).hex(),
                          cache_.get(), /*want_sha512=*/false)
            .value();
    ASSERT_TRUE(partial->Restart(kEtag).ok());
    ASSERT_TRUE(partial->Write(content).ok());
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

TEST_F(FileRangesTest, ALargeFileIsOneOfTheLeastSizeOrMore) {
  Host host;
  host.content = Bytes(100'000, "large");
  Serve(kUrl, host);
  ExpectFile(host.content);
  EXPECT_THAT(ranges(), SizeIs(2));
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
  const Host host;
  std::string etag;
  std::string length;
  transport_.On("HEAD", kUrl, [&](const http::Request&) {
    return FakeAnswer{.headers = {{"ETag", etag}, {"Content-Length", length}}};
  });
  const std::string right = absl::StrCat(host.content.size());
  for (const auto& [some_etag, some_length] :
       std::vector<std::pair<std::string, std::string>>{{kEtag, "7"},
                                                        {"W/\"v1\"", right}}) {
    etag = some_etag;
    length = some_length;
    Serve(kUrl, host);
    ASSERT_TRUE(FetchFile(host.content, /*etag=*/"").ok());
    EXPECT_THAT(ranges(), IsEmpty()) << some_etag << " " << some_length;
    ForgetAll();
  }
}

// Its checksum is known, or something that the host said of it.
TEST_F(FileRangesTest, AHostIsAskedOnlyAboutAFileThatWasNotResolved) {
  const Host host;
  Serve(kUrl, host);
  v1::FileSource resolved = Unknown();
  resolved.set_size(static_cast<int64_t>(host.content.size()));
  for (const bool has_digest : {true, false}) {
    if (has_digest) {
      resolved.set_digest(Sha256Of(host.content).ToString());
      resolved.set_last_modified("Mon, 30 Nov 2020 10:00:00 GMT");
    } else {
      resolved.clear_digest();
      resolved.clear_last_modified();
    }
    TaskControl control;
    const auto fetched = files_->Fetch(resolved, {}, control);
    ASSERT_TRUE(fetched.ok()) << fetched.status();
    EXPECT_TRUE(Cached(fetched->digest) == host.content);
    ForgetAll();
  }
  EXPECT_THAT(ranges(), IsEmpty());
  EXPECT_EQ(transport_.CountOf("HEAD", kUrl), 0);
}

TEST_F(FileRangesTest, TheTaskSaysWhichFileComesFromWhere) {
  const Host host;
  Serve(kUrl, host);
  transport_.On("HEAD", kUrl, [&](const http::Request&) {
    return FakeAnswer{
        .headers = {{"ETag", kEtag},
                    {"Content-Length", absl::StrCat(host.content.size())}}};
  });
  v1::FileSource source = Unknown();
  source.set_digest(Sha256Of(host.content).ToString());
  // In one stream, and in pieces after a question.
  for (const int64_t size : {int64_t{-1}, int64_t{kSize}}) {
    source.set_size(size);
    TaskControl control;
    ASSERT_TRUE(files_->Fetch(source, {}, control).ok());
    EXPECT_EQ(control.activity(), "fetching kubelet") << size;
    EXPECT_EQ(control.host(), "dl.example.com") << size;
    EXPECT_EQ(control.bytes_fetched(), int64_t{kSize}) << size;
    ForgetAll();
  }
}

TEST_F(FileRangesTest, LoginsStayAtThePlacesOfTheTask) {
  const struct {
    const char* place;
    bool without_login;
  } kCases[] = {{"dl.example.com", false}, {"other.example.com", true}};
  for (const auto& [place, without_login] : kCases) {
    // In pieces, and in one stream.
    for (const size_t size : {kSize, size_t{90'000}}) {
      Host host;
      host.content = Bytes(size, "kubelet");
      Serve(kUrl, host);
      v1::FileSource source = Unknown();
      source.set_size(static_cast<int64_t>(size));
      source.set_etag(kEtag);
      TaskControl control(&clock_, absl::InfiniteFuture(),
                          oci::LoginPlaces::Parse({place}).value());
      const size_t before = transport_.requests().size();
      ASSERT_TRUE(files_->Fetch(source, {}, control).ok());
      const std::vector<http::Request> requests = transport_.requests();
      ASSERT_GT(requests.size(), before);
      for (size_t i = before; i < requests.size(); ++i) {
        EXPECT_EQ(requests[i].transfer.without_login, without_login)
            << place << " " << size;
      }
      ForgetAll();
    }
  }
}

TEST_F(FileRangesTest, ACancelledTaskEndsItsTransfer) {
  TaskControl control;
  bool ended = false;
  transport_.On("GET", kUrl, [&](const http::Request& request) {
    control.Cancel();
    ended = request.transfer.stop.stop_requested();
    return FakeAnswer{.ending = absl::CancelledError("stopped")};
  });
  EXPECT_TRUE(
      absl::IsCancelled(files_->Fetch(Unknown(), {}, control).status()));
  EXPECT_TRUE(ended);
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

TEST_F(FileRangesTest, AWholeFileThatIsThereIsNotFetchedAgain) {
  const Host host;
  Serve(kUrl, host);
  LeavePartial(host.content);
  ExpectFile(host.content);
  EXPECT_EQ(sent(), 0);
}

TEST_F(FileRangesTest, AFileThatBecameShorterIsBegunAgain) {
  Host host;
  host.content = Bytes(90'000, "kubelet");
  Serve(kUrl, host);
  LeavePartial(Bytes(90'001, "longer"));
  v1::FileSource source = Unknown();
  source.set_etag(kEtag);
  TaskControl control;
  const auto fetched = files_->Fetch(source, {}, control);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_TRUE(Cached(fetched->digest) == host.content);
}

TEST_F(FileRangesTest, PiecesThatAreWrongTogetherComeInOneStreamThen) {
  Host host;
  host.spoil = [](int, FakeAnswer& answer) {
    if (answer.status == 206) answer.body[0] ^= 1;
  };
  Serve(kUrl, host);
  ExpectFile(host.content);
  EXPECT_THAT(ranges(), SizeIs(8));
}

// The bytes that came could be of another file than the rest.
TEST_F(FileRangesTest, AFileWithoutValidatorsIsNotResumed) {
  const std::string after = Bytes(90'000, "changed");
  Host host;
  host.content = Bytes(90'000, "kubelet");
  host.etag = "";
  host.spoil = [this, &after](int number, FakeAnswer& answer)
                   ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
                     if (number != 1) return;
                     answer.body.resize(45'000);
                     answer.ending = absl::UnavailableError("cut");
                     host_.content = after;
                   };
  Serve(kUrl, host);
  TaskControl control;
  const auto fetched = files_->Fetch(Unknown(), {}, control);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_TRUE(Cached(fetched->digest) == after);
  EXPECT_THAT(ranges(), IsEmpty());
}

TEST_F(FileRangesTest, AFileWithADateIsResumed) {
  Host host;
  host.content = Bytes(90'000, "kubelet");
  host.etag = "W/\"v1\"";
  host.knows_if_range = false;
  host.spoil = [](int number, FakeAnswer& answer) {
    answer.headers.emplace_back("Last-Modified",
                                "Mon, 30 Nov 2020 10:00:00 GMT");
    if (number != 1) return;
    answer.body.resize(45'000);
    answer.ending = absl::UnavailableError("cut");
  };
  Serve(kUrl, host);
  TaskControl control;
  const auto fetched = files_->Fetch(Unknown(), {}, control);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_TRUE(Cached(fetched->digest) == host.content);
  EXPECT_EQ(sent(), 90'000);
  EXPECT_EQ(HeaderOf(transport_.requests().back(), "If-Range"),
            "Mon, 30 Nov 2020 10:00:00 GMT");
}

TEST_F(FileRangesTest, AnAnswerThatEndsEarlyIsResumed) {
  Host host;
  host.content = Bytes(90'000, "kubelet");
  host.spoil = [](int number, FakeAnswer& answer) {
    // The second answer, too, has less than it says.
    if (number > 2) return;
    if (number == 1) answer.headers.emplace_back("Content-Length", "90000");
    answer.body.resize(30'000);
  };
  Serve(kUrl, host);
  TaskControl control;
  const auto fetched = files_->Fetch(Unknown(), {}, control);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_TRUE(Cached(fetched->digest) == host.content);
  EXPECT_EQ(sent(), 90'000);
}

TEST_F(FileRangesTest, ARestFromElsewhereIsNotAppended) {
  Host host;
  host.content = Bytes(90'000, "kubelet");
  host.spoil = [&host](int number, FakeAnswer& answer) {
    if (number == 1) {
      answer.body.resize(45'000);
      answer.ending = absl::UnavailableError("cut");
    } else if (number == 2) {
      answer.body = host.content.substr(0, 45'000);
      answer.headers.back().second = "bytes 0-44999/90000";
    }
  };
  Serve(kUrl, host);
  TaskControl control;
  const auto fetched = files_->Fetch(Unknown(), {}, control);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_TRUE(Cached(fetched->digest) == host.content);
}

TEST_F(FileRangesTest, ARangeThatNobodyAskedForIsNotTheFile) {
  Host host;
  host.content = Bytes(45'000, "kubelet");
  host.spoil = [](int, FakeAnswer& answer) {
    answer.status = 206;
    answer.headers.emplace_back("Content-Range", "bytes 0-44999/45000");
  };
  Serve(kUrl, host);
  TaskControl control;
  const absl::Status status = files_->Fetch(Unknown(), {}, control).status();
  EXPECT_TRUE(absl::IsUnavailable(status)) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("another range"));
}

TEST_F(FileRangesTest, AnEncodingIsTakenForTheFileOnlyByItsChecksum) {
  // In pieces, and in one stream.
  for (const size_t size : {kSize, size_t{90'000}}) {
    Host host;
    host.content = Bytes(size, "kubelet");
    host.spoil = [](int, FakeAnswer& answer) {
      answer.headers.emplace_back("Content-Encoding", "gzip");
    };
    Serve(kUrl, host);
    v1::FileSource source = Unknown();
    source.set_size(static_cast<int64_t>(size));
    source.set_etag(kEtag);
    TaskControl control;
    const absl::Status status = files_->Fetch(source, {}, control).status();
    EXPECT_TRUE(absl::IsDataLoss(status)) << status;
    EXPECT_THAT(std::string(status.message()), HasSubstr("encoding"));
    ExpectFile(host.content);
    ForgetAll();
  }
}

TEST_F(FileRangesTest, AnEmptyFileHasNoBytes) {
  Host host;
  host.content = "page";
  Serve(kUrl, host);
  v1::FileSource source = Unknown();
  source.set_size(0);
  TaskControl control;
  const absl::Status status = files_->Fetch(source, {}, control).status();
  EXPECT_TRUE(absl::IsDataLoss(status)) << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("expected 0 bytes at most"));
}

TEST_F(FileRangesTest, AFileLargerThanTheDiskIsNotAskedFor) {
  v1::FileSource source = Unknown();
  source.set_etag(kEtag);
  source.set_size(int64_t{1} << 60);
  TaskControl control;
  const absl::Status status = files_->Fetch(source, {}, control).status();
  EXPECT_THAT(std::string(status.message()), HasSubstr("the whole disk"));
  EXPECT_THAT(transport_.requests(), IsEmpty());
}

TEST_F(FileRangesTest, ContentIsKnownByAnEtagThatItCameWith) {
  const struct {
    const char* stated;
    const char* answered;
    int requests;
  } kCases[] = {{kEtag, kEtag, 1}, {kEtag, "\"v2\"", 2}, {"", "", 2}};
  for (const auto& [stated, answered, requests] : kCases) {
    Host host;
    host.content = "kubelet";
    host.etag = answered;
    Serve(kUrl, host);
    v1::FileSource source = Unknown();
    source.set_etag(stated);
    const int before = transport_.CountOf("GET", kUrl);
    for (int i = 0; i < 2; ++i) {
      TaskControl control;
      ASSERT_TRUE(files_->Fetch(source, {}, control).ok());
    }
    EXPECT_EQ(transport_.CountOf("GET", kUrl) - before, requests)
        << stated << " " << answered;
    ForgetAll();
  }
}

TEST_F(FileRangesTest, ContentThatTheCacheHasLostIsFetchedAndForgotten) {
  Host host;
  host.content = "kubelet";
  Serve(kUrl, host);
  v1::FileSource source = Unknown();
  source.set_etag(kEtag);
  const auto fetch = [&] {
    TaskControl control;
    const auto fetched = files_->Fetch(source, {}, control);
    EXPECT_TRUE(fetched.ok()) << fetched.status();
    return transport_.CountOf("GET", kUrl);
  };
  const auto lose = [this] {
    ASSERT_TRUE(
        cache_
            ->Sweep([](const Digest&) { return false; }, absl::InfiniteFuture())
            .ok());
  };
  const std::filesystem::path known = directory_ / "known";
  EXPECT_EQ(fetch(), 1);
  lose();
  EXPECT_EQ(fetch(), 2);
  // Another process finds what this one knew, and nothing else.
  std::ofstream(known / "garbage") << "no digest\n";
  StartWorker();
  EXPECT_FALSE(std::filesystem::exists(known / "garbage"));
  EXPECT_EQ(fetch(), 2);
  lose();
  StartWorker();
  EXPECT_TRUE(std::filesystem::is_empty(known));
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

// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/file_fetcher.h"

#include <atomic>
#include <memory>
#include <string>

#include "common/http/transport.h"
#include "gtest/gtest.h"
#include "tests/fakes/fake_clock.h"
#include "tests/fakes/http_server.h"
#include "worker/fetch/resolve_file.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

class FileFetcherTest : public ::testing::Test {
 protected:
  FileFetcherTest() {
    clock_.AdvanceByItself();
    directory_ =
        std::filesystem::path(::testing::TempDir()) /
        ::testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(directory_);
    cache_ = DiskBlobStore::Create(directory_ / "blobs").value();
    transport_ = http::CreateCurlTransport().value();
    fetcher_ = std::make_unique<FileFetcher>(transport_.get(), &clock_,
                                             cache_.get(), directory_);
  }

  // Serves `content` at /file, with its ETag and byte ranges.
  void Serve(const std::string& content, int cut_first_answers = 0) {
    cuts_left_ = cut_first_answers;
    body_ = content;
    server_.routes().Get("/file", [this](const httplib::Request& request,
                                         httplib::Response& response) {
      const std::string content = body_;
      ++requests_;
      size_t first = 0;
      if (request.has_header("Range") &&
          request.get_header_value("If-Range") == "\"v1\"") {
        first = std::stoul(request.get_header_value("Range").substr(6));
        resumed_from_ = first;
        // The server's library cuts out the range by itself.
      }
      response.set_header("ETag", "\"v1\"");
      const bool cut = cuts_left_-- > 0;
      response.set_content_provider(
          content.size(), "application/octet-stream",
          [content, cut](size_t offset, size_t length,
                         httplib::DataSink& sink) {
            if (!cut) return sink.write(content.data() + offset, length);
            sink.write(content.data() + offset, length / 2);
            return false;
          });
    });
    server_.Start();
  }

  absl::StatusOr<CachedContent> Fetch(const std::string& digest) {
    v1::FileSource source;
    source.set_url(server_.Url("/file"));
    source.set_digest(digest);
    source.set_size(-1);
    source.set_etag("\"v1\"");
    source.set_location("files.list:3");
    source.set_read_again(read_again_);
    TaskControl control;
    return fetcher_->Fetch(source, {}, control);
  }

  std::string Cached(const Digest& digest) {
    const auto source = cache_->Open(digest, 0);
    return source.ok() ? ReadAll(**source, 1 << 20).value_or("") : "";
  }

  testing::FakeClock clock_;
  testing::HttpServer server_;
  // The file at the host. Not to be changed during a request.
  std::string body_;
  bool read_again_ = false;
  std::atomic<int> requests_ = 0;
  std::atomic<int> cuts_left_ = 0;
  std::atomic<size_t> resumed_from_ = 0;
  std::filesystem::path directory_;
  std::unique_ptr<DiskBlobStore> cache_;
  std::unique_ptr<http::Transport> transport_;
  std::unique_ptr<FileFetcher> fetcher_;
};

TEST_F(FileFetcherTest, BringsAFileIntoTheCacheOnce) {
  const std::string content(100'000, 'k');
  Serve(content);

  const auto first = Fetch("");
  ASSERT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(first->size, 100'000);
  EXPECT_EQ(Cached(first->digest), content);
  ASSERT_TRUE(Fetch("").ok());
  ASSERT_TRUE(Fetch(Sha256Of(content).ToString()).ok());
  EXPECT_EQ(requests_, 1);
}

TEST_F(FileFetcherTest, ReadsAgainWhatAFreshBuildWants) {
  Serve("old");
  ASSERT_TRUE(Fetch("").ok());
  const auto unchanged = Fetch("");
  ASSERT_TRUE(unchanged.ok());
  EXPECT_EQ(unchanged->digest, Sha256Of("old"));
  EXPECT_EQ(requests_, 1);

  // The host has other bytes under the same ETag.
  body_ = "new";
  read_again_ = true;
  const auto fresh = Fetch("");
  ASSERT_TRUE(fresh.ok()) << fresh.status();
  EXPECT_EQ(fresh->digest, Sha256Of("new"));
  EXPECT_EQ(requests_, 2);
  // A checksum is as good as reading again.
  ASSERT_TRUE(Fetch(Sha256Of("old").ToString()).ok());
  EXPECT_EQ(requests_, 2);

  read_again_ = false;
  EXPECT_EQ(Fetch("")->digest, Sha256Of("new"));
  EXPECT_EQ(requests_, 2);
}

TEST_F(FileFetcherTest, APageIsNoFileUnlessItsChecksumSaysSo) {
  const std::string page = "<!DOCTYPE html>\n<html>please log in</html>";
  Serve(page);
  const auto fetched = Fetch("");
  const v1::Failure failure = ToFailure(fetched.status(), "");
  EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
  EXPECT_EQ(
      failure.reason(),
      server_.Url("/file") + " answers an HTML page, not a file of that name");
  EXPECT_EQ(failure.location(), "files.list:3");
  EXPECT_NE(failure.advice().find("login"), std::string::npos);
  EXPECT_EQ(requests_, 2);

  const auto other = Fetch(Sha256Of("another").ToString());
  EXPECT_NE(std::string(other.status().message()).find("an HTML page"),
            std::string::npos);
  EXPECT_TRUE(Fetch(Sha256Of(page).ToString()).ok());
}

TEST_F(FileFetcherTest, GoesOnWhereTheConnectionWasCut) {
  std::string content;
  for (int i = 0; content.size() < 200'000; ++i) content += std::to_string(i);
  Serve(content, /*cut_first_answers=*/2);

  const auto fetched = Fetch(Sha256Of(content).ToString());
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(Cached(fetched->digest), content);
  EXPECT_EQ(requests_, 3);
  EXPECT_GT(resumed_from_, content.size() / 4);
}

TEST_F(FileFetcherTest, GoesOnAfterARestart) {
  std::string content;
  for (int i = 0; content.size() < 200'000; ++i) content += std::to_string(i);
  Serve(content, /*cut_first_answers=*/6);
  const std::string digest = Sha256Of(content).ToString();
  EXPECT_TRUE(absl::IsUnavailable(Fetch(digest).status()));

  fetcher_ = std::make_unique<FileFetcher>(transport_.get(), &clock_,
                                           cache_.get(), directory_);
  const auto fetched = Fetch(digest);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(Cached(fetched->digest), content);
  EXPECT_EQ(requests_, 7);
  EXPECT_GT(resumed_from_, content.size() * 9 / 10);
}

TEST_F(FileFetcherTest, AMirrorSpeaksOnlyForItself) {
  Serve("the real kubelet");
  server_.routes().Get(
      "/mirror/file", [](const httplib::Request&, httplib::Response& response) {
        response.set_header("ETag", "\"v1\"");
        response.set_content("an evil kubelet!", "application/octet-stream");
      });
  v1::FileSource source;
  source.set_url(server_.Url("/file"));
  source.set_size(16);
  source.set_etag("\"v1\"");
  FileFetcher::Mirrors mirrors;
  v1::Mirror& mirror = *mirrors.Add();
  mirror.set_prefix(server_.Url("/"));
  mirror.set_location(server_.Url("/mirror/"));
  TaskControl control;
  const auto mirrored = fetcher_->Fetch(source, mirrors, control);
  ASSERT_TRUE(mirrored.ok()) << mirrored.status();
  EXPECT_EQ(Cached(mirrored->digest), "an evil kubelet!");

  const auto direct = fetcher_->Fetch(source, {}, control);
  ASSERT_TRUE(direct.ok()) << direct.status();
  EXPECT_EQ(Cached(direct->digest), "the real kubelet");
  // The mirror's own content is remembered under its own name.
  const auto again = fetcher_->Fetch(source, mirrors, control);
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->digest, mirrored->digest);
}

TEST_F(FileFetcherTest, AHostThatNeverStopsIsCutAtTheSizeThatItSaid) {
  const auto sent = std::make_shared<std::atomic<int64_t>>(0);
  server_.routes().Get("/file", [sent](const httplib::Request&,
                                       httplib::Response& response) {
    response.set_header("ETag", "\"v1\"");
    response.set_chunked_content_provider(
        "application/octet-stream", [sent](size_t, httplib::DataSink& sink) {
          const std::string more(1 << 20, 'x');
          *sent += static_cast<int64_t>(more.size());
          // Far more than all buffers on the way can hold; then the test fails.
          if (*sent > (int64_t{256} << 20)) return false;
          return sink.write(more.data(), more.size());
        });
  });
  server_.Start();
  v1::FileSource source;
  source.set_url(server_.Url("/file"));
  source.set_size(10);
  source.set_etag("\"v1\"");
  source.set_location("files.list:3");
  TaskControl control;
  const auto fetched = fetcher_->Fetch(source, {}, control);

  const v1::Failure failure = ToFailure(fetched.status(), "");
  EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
  EXPECT_EQ(failure.item(), source.url());
  EXPECT_EQ(failure.reason(),
            "expected 10 bytes at most, got more from " + source.url());
  EXPECT_LT(*sent, int64_t{128} << 20);
}

TEST_F(FileFetcherTest, ChecksSha512) {
  Serve("calicoctl");
  Hasher hasher(Digest::Algorithm::kSha512);
  hasher.Update("calicoctl");
  const std::string digest = hasher.Finish().ToString();

  const auto fetched = Fetch(digest);
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(fetched->digest, Sha256Of("calicoctl"));
  ASSERT_TRUE(Fetch(digest).ok());
  EXPECT_EQ(requests_, 1);
}

TEST_F(FileFetcherTest, RefusesOtherBytesThanTheListStates) {
  Serve("something else");
  const auto fetched = Fetch(Sha256Of("kubelet").ToString());

  ASSERT_FALSE(fetched.ok());
  const v1::Failure failure = ToFailure(fetched.status(), "");
  EXPECT_EQ(failure.kind(), v1::Failure::PERMANENT);
  EXPECT_EQ(failure.location(), "files.list:3");
  EXPECT_NE(failure.reason().find(Sha256Of("kubelet").ToString()),
            std::string::npos);
  EXPECT_NE(failure.reason().find(Sha256Of("something else").ToString()),
            std::string::npos);
  EXPECT_NE(failure.advice().find("the list or the mirror is wrong"),
            std::string::npos);
  // The wrong bytes are not offered again.
  EXPECT_FALSE(cache_->Stat(Sha256Of("something else")).ok());
  EXPECT_TRUE(std::filesystem::is_empty(directory_ / "partial"));
}

TEST_F(FileFetcherTest, AFileThatChangedItsSizeSinceItWasResolvedIsRefused) {
  Serve("twelve bytes");
  v1::FileSource source;
  source.set_url(server_.Url("/file"));
  source.set_size(10);
  source.set_location("files.list:3");
  TaskControl control;
  const auto fetched = fetcher_->Fetch(source, {}, control);
  ASSERT_TRUE(absl::IsDataLoss(fetched.status())) << fetched.status();
  const v1::Failure failure = ToFailure(fetched.status(), "");
  EXPECT_EQ(failure.location(), "files.list:3");
  EXPECT_NE(failure.advice().find("submit it again"), std::string::npos);
  EXPECT_FALSE(cache_->Stat(Sha256Of("twelve bytes")).ok());

  source.set_size(12);
  EXPECT_TRUE(fetcher_->Fetch(source, {}, control).ok());
}

TEST_F(FileFetcherTest, WrongBytesAreFetchedOnceMore) {
  server_.routes().Get("/file", [this](const auto&, auto& response) {
    response.set_content(++requests_ == 1 ? "kubexet" : "kubelet",
                         "application/octet-stream");
  });
  server_.Start();
  const auto fetched = Fetch(Sha256Of("kubelet").ToString());
  ASSERT_TRUE(fetched.ok()) << fetched.status();
  EXPECT_EQ(Cached(fetched->digest), "kubelet");
  EXPECT_EQ(requests_, 2);
}

TEST_F(FileFetcherTest, MissingFileIsNotTriedAgain) {
  server_.routes().Get(
      "/file", [this](const httplib::Request&, httplib::Response& response) {
        ++requests_;
        response.status = 404;
      });
  server_.Start();

  const auto fetched = Fetch("");
  ASSERT_FALSE(fetched.ok());
  EXPECT_EQ(ToFailure(fetched.status(), "").kind(), v1::Failure::PERMANENT);
  EXPECT_EQ(requests_, 1);
}

TEST_F(FileFetcherTest, LongRetryAfterIsLeftToTheCoordinator) {
  server_.routes().Get(
      "/file", [this](const httplib::Request&, httplib::Response& response) {
        ++requests_;
        response.status = 429;
        response.set_header("Retry-After", "300");
      });
  server_.Start();

  const auto fetched = Fetch("");
  ASSERT_FALSE(fetched.ok());
  const v1::Failure failure = ToFailure(fetched.status(), "");
  EXPECT_EQ(failure.kind(), v1::Failure::TRANSIENT);
  EXPECT_EQ(failure.retry_after().seconds(), 300);
  EXPECT_EQ(requests_, 1);
}

TEST_F(FileFetcherTest, ResolvesWhereHeadIsRefused) {
  server_.routes().set_pre_routing_handler(
      [](const httplib::Request& request, httplib::Response& response) {
        if (request.method != "HEAD") {
          return httplib::Server::HandlerResponse::Unhandled;
        }
        response.status = 403;
        return httplib::Server::HandlerResponse::Handled;
      });
  Serve(std::string(5000, 'x'));
  v1::ResolveFile work;
  work.set_url(server_.Url("/file"));
  TaskControl control;

  const auto file = ResolveFile(work, {}, *transport_, clock_, control);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->size(), 5000);
  EXPECT_EQ(file->etag(), "\"v1\"");
}

}  // namespace
}  // namespace kso::worker

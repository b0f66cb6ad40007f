// SPDX-License-Identifier: Apache-2.0
// HTTP/2 and connections that are used again, as a real server sees them.

#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "common/bytes/sinks.h"
#include "common/http/transport.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/nginx.h"

namespace kso::http {
namespace {

using ::kso::testing::Nginx;
using ::testing::AllOf;
using ::testing::Each;
using ::testing::Field;
using ::testing::SizeIs;

constexpr int kRequests = 20;
constexpr int kThreads = 4;

class Http2Test : public ::testing::Test {
 protected:
  void SetUp() override {
    auto nginx = Nginx::Start();
    ASSERT_TRUE(nginx.ok()) << nginx.status();
    nginx_ = *std::move(nginx);
    nginx_->AddFile("file", content_);
    transport_ =
        CreateCurlTransport({.trusted_authorities = nginx_->authorities()})
            .value();
  }

  void Fetch(const std::string& path) {
    Request request;
    request.url = nginx_->Url(path);
    StringSink sink;
    const auto response = transport_->Download(request, sink);
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->status, 200);
    EXPECT_TRUE(sink.content() == content_);
  }

  void FetchFromThreads(const std::string& path) {
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([this, &path] {
        for (int k = 0; k < kRequests; ++k) Fetch(path);
      });
    }
    for (std::thread& thread : threads) thread.join();
  }

  static std::set<std::string> ConnectionsTo(
      int port, const std::vector<Nginx::Served>& all) {
    std::set<std::string> connections;
    for (const Nginx::Served& served : all) {
      if (served.port == port) connections.insert(served.connection);
    }
    return connections;
  }

  const std::string content_ = std::string(1 << 20, 'k');
  std::unique_ptr<Nginx> nginx_;
  std::unique_ptr<Transport> transport_;
};

TEST_F(Http2Test, OneConnectionServesOneRequestAfterTheOther) {
  for (int i = 0; i < kRequests; ++i) Fetch("/file");
  const std::vector<Nginx::Served> all = nginx_->EndAndTell();
  EXPECT_THAT(all, SizeIs(kRequests));
  EXPECT_THAT(all, Each(AllOf(Field(&Nginx::Served::protocol, "HTTP/2.0"),
                              Field(&Nginx::Served::status, 200))));
  EXPECT_THAT(ConnectionsTo(nginx_->port(), all), SizeIs(1));
}

TEST_F(Http2Test, ThreadsHaveOneEachAtMost) {
  FetchFromThreads("/file");
  const std::vector<Nginx::Served> all = nginx_->EndAndTell();
  EXPECT_THAT(all, SizeIs(kThreads * kRequests));
  EXPECT_THAT(all, Each(Field(&Nginx::Served::protocol, "HTTP/2.0")));
  EXPECT_LE(ConnectionsTo(nginx_->port(), all).size(), size_t{kThreads});
}

// A registry redirects like this to the host of its blobs.
TEST_F(Http2Test, BothEndsOfARedirectAreUsedAgain) {
  FetchFromThreads("/elsewhere/file");
  const std::vector<Nginx::Served> all = nginx_->EndAndTell();
  EXPECT_THAT(all, SizeIs(2 * kThreads * kRequests));
  EXPECT_THAT(all, Each(Field(&Nginx::Served::protocol, "HTTP/2.0")));
  EXPECT_LE(ConnectionsTo(nginx_->port(), all).size(), size_t{kThreads});
  EXPECT_LE(ConnectionsTo(nginx_->other_port(), all).size(), size_t{kThreads});
}

}  // namespace
}  // namespace kso::http

// SPDX-License-Identifier: Apache-2.0

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>

#include "absl/synchronization/notification.h"
#include "common/bytes/sinks.h"
#include "common/http/transport.h"
#include "tests/fakes/http_server.h"

namespace kso::http {
namespace {

using ::kso::testing::HttpServer;

std::unique_ptr<Transport> Make(const TransportOptions& options = {}) {
  return *CreateCurlTransport(options);
}

Request Get(const std::string& url) {
  Request request;
  request.url = url;
  return request;
}

TEST(CurlTransportTest, GetsBodyHeadersAndStatus) {
  HttpServer server;
  server.routes().Get("/a", [](const auto& request, auto& response) {
    response.set_header("X-Sent", request.get_header_value("X-Ask"));
    response.set_content("body", "text/plain");
  });
  server.Start();
  Request request = Get(server.Url("/a?secret"));
  request.headers = {{"X-Ask", "yes"}};
  const auto response = Make()->Perform(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 200);
  EXPECT_EQ(response->body, "body");
  EXPECT_EQ(response->Header("x-sent"), "yes");
  EXPECT_EQ(response->effective_url, server.Url("/a?secret"));
  EXPECT_EQ(Make()->Perform(Get(server.Url("/missing")))->status, 404);
}

TEST(CurlTransportTest, HeadHasLengthButNoBody) {
  HttpServer server;
  server.routes().Get("/a", [](const auto&, auto& response) {
    response.set_content("12345", "text/plain");
  });
  server.Start();
  Request request = Get(server.Url("/a"));
  request.method = "HEAD";
  const auto response = Make()->Perform(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->Header("Content-Length"), "5");
  EXPECT_EQ(response->body, "");
}

TEST(CurlTransportTest, ALengthThatIsNoNumberIsNotReadAsOne) {
  HttpServer server;
  server.routes().Get("/a", [](const auto&, auto& response) {
    response.set_header("Content-Length", "5.5");
    response.set_content("12345", "text/plain");
  });
  server.Start();
  EXPECT_FALSE(Make()->Perform(Get(server.Url("/a"))).ok());
}

TEST(CurlTransportTest, HeadersAreBounded) {
  HttpServer server;
  const auto answer = [](int headers) {
    return [headers](const auto&, auto& response) {
      for (int i = 0; i < headers; ++i) {
        response.set_header("X-Long", std::string(60 << 10, 'x'));
      }
    };
  };
  server.routes().Get("/many", answer(4));
  server.routes().Get("/too-many", answer(5));
  server.Start();
  EXPECT_TRUE(Make()->Perform(Get(server.Url("/many"))).ok());
  const absl::Status status =
      Make()->Perform(Get(server.Url("/too-many"))).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
}

TEST(CurlTransportTest, KeepsConnections) {
  HttpServer server;
  std::mutex mutex;
  std::set<int> ports;
  server.routes().Get("/a", [&](const auto& request, auto&) {
    std::lock_guard lock(mutex);
    ports.insert(request.remote_port);
  });
  server.Start();
  const auto transport = Make();
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(transport->Perform(Get(server.Url("/a"))).ok());
  }
  EXPECT_EQ(ports.size(), 1u);
}

TEST(CurlTransportTest, DownloadsWithoutDecoding) {
  HttpServer server;
  server.routes().Get("/a", [](const auto& request, auto& response) {
    EXPECT_FALSE(request.has_header("Accept-Encoding"));
    response.set_header("Content-Encoding", "gzip");
    response.set_content("not really gzip", "application/gzip");
  });
  server.Start();
  StringSink sink;
  std::string seen;
  const auto response = Make()->Download(
      Get(server.Url("/a")), sink, [&](const Response& answer) {
        seen = answer.Header("Content-Encoding").value_or("");
        return absl::OkStatus();
      });
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(sink.content(), "not really gzip");
  EXPECT_EQ(seen, "gzip");
}

TEST(CurlTransportTest, ErrorBodiesDoNotReachTheSink) {
  HttpServer server;
  server.routes().Get("/a", [](const auto&, auto& response) {
    response.status = 500;
    response.set_content(std::string(100 << 10, 'e'), "text/plain");
  });
  server.Start();
  StringSink sink;
  const auto response = Make()->Download(Get(server.Url("/a")), sink);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 500);
  EXPECT_EQ(response->body.size(), 64u << 10);
  EXPECT_EQ(sink.content(), "");
}

TEST(CurlTransportTest, BoundsBodies) {
  HttpServer server;
  server.routes().Get("/a", [](const auto&, auto& response) {
    response.set_content("12345", "text/plain");
  });
  server.Start();
  EXPECT_TRUE(Make()->Perform(Get(server.Url("/a")), 5).ok());
  EXPECT_EQ(Make()->Perform(Get(server.Url("/a")), 4).status().code(),
            absl::StatusCode::kResourceExhausted);
}

// Documents of hosts and registries are read so.
TEST(CurlTransportTest, WithoutABoundOfItsOwnABodyHasFourMebibytes) {
  HttpServer server;
  server.routes().Get("/fits", [](const auto&, auto& response) {
    response.set_content(std::string(4 << 20, 'x'), "text/plain");
  });
  server.routes().Get("/more", [](const auto&, auto& response) {
    response.set_content(std::string((4 << 20) + 1, 'x'), "text/plain");
  });
  server.Start();
  EXPECT_TRUE(Make()->Perform(Get(server.Url("/fits"))).ok());
  EXPECT_EQ(Make()->Perform(Get(server.Url("/more"))).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(CurlTransportTest, BoundsHeaders) {
  HttpServer server;
  server.routes().Get("/long", [](const auto&, auto& response) {
    response.set_header("X-Long", std::string(200 << 10, 'x'));
  });
  server.routes().Get("/many", [](const auto&, auto& response) {
    for (int i = 0; i < 20'000; ++i) {
      response.set_header("X-" + std::to_string(i), std::string(100, 'x'));
    }
  });
  server.Start();
  for (const char* path : {"/long", "/many"}) {
    const absl::Status status = Make()->Perform(Get(server.Url(path))).status();
    EXPECT_TRUE(absl::IsResourceExhausted(status)) << status;
    EXPECT_NE(std::string(status.message()).find("header"), std::string::npos)
        << status;
  }
}

TEST(CurlTransportTest, UploadsFromASourceAgainAfterARedirect) {
  HttpServer server;
  const std::string bytes(3 << 20, 'u');
  server.routes().Put("/old", [](const auto&, auto& response) {
    response.set_redirect("/new", 307);
  });
  server.routes().Put("/new", [&](const auto& request, auto& response) {
    EXPECT_FALSE(request.has_header("Expect"));
    response.status = request.body == bytes ? 201 : 400;
  });
  server.Start();
  Request request = Get(server.Url("/old"));
  request.method = "PUT";
  request.body_size = static_cast<int64_t>(bytes.size());
  int opened = 0;
  request.body_source = [&](int64_t offset) {
    ++opened;
    return SourceOfString(bytes, offset);
  };
  const auto response = Make()->Perform(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 201);
  EXPECT_EQ(opened, 2);
}

TEST(CurlTransportTest, SendsABodyWhoseSizeIsUnknown) {
  const std::string bytes(3 << 20, 'u');
  HttpServer server;
  server.routes().Patch("/a", [&](const auto& request, auto& response) {
    EXPECT_EQ(request.get_header_value("Transfer-Encoding"), "chunked");
    EXPECT_FALSE(request.has_header("Content-Length"));
    response.status = request.body == bytes ? 202 : 400;
  });
  server.Start();
  Request request = Get(server.Url("/a"));
  request.method = "PATCH";
  request.body_size = Request::kUnknownSize;
  request.body_source = [&](int64_t offset) {
    return SourceOfString(bytes, offset);
  };
  const auto response = Make()->Perform(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->status, 202);
}

TEST(CurlTransportTest, ABodyOfUnknownSizeThatFailsNeverArrives) {
  class Failing : public ByteSource {
   public:
    absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
      if (std::exchange(failing_, true)) return absl::DataLossError("rotten");
      std::fill(buffer, buffer + size, 'x');
      return size;
    }

   private:
    bool failing_ = false;
  };
  HttpServer server;
  std::atomic<int> arrived = 0;
  server.routes().Patch("/a", [&](const auto&, auto&) { ++arrived; });
  server.Start();
  Request request = Get(server.Url("/a"));
  request.method = "PATCH";
  request.body_size = Request::kUnknownSize;
  request.body_source = [](int64_t) { return std::make_unique<Failing>(); };
  const absl::Status status = Make()->Perform(request).status();
  EXPECT_EQ(status.message(), "rotten");
  EXPECT_EQ(arrived, 0);
}

TEST(CurlTransportTest, ASourceThatIsTooShortIsNotWaitedFor) {
  HttpServer server;
  server.routes().Put("/a", [](const auto&, auto&) {});
  server.Start();
  Request request = Get(server.Url("/a"));
  request.method = "PUT";
  request.body_size = 10;
  request.body_source = [](int64_t offset) {
    return SourceOfString("12345", offset);
  };
  EXPECT_EQ(Make()->Perform(request).status().code(),
            absl::StatusCode::kDataLoss);
}

TEST(CurlTransportTest, UnreachableHostsSayWhatToDo) {
  const auto response = Make()->Perform(Get("http://127.0.0.1:1/a?secret=x"));
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
  const std::string message(response.status().message());
  EXPECT_NE(message.find("http://127.0.0.1:1/a"), std::string::npos) << message;
  EXPECT_EQ(message.find("secret"), std::string::npos) << message;
  EXPECT_EQ(Make()->Perform(Get("file:///etc/hosts")).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(CurlTransportTest, AShortBodyIsABrokenConnection) {
  HttpServer server;
  server.routes().Get("/a", [](const auto&, auto& response) {
    response.set_content_provider(
        1000, "text/plain", [](size_t offset, size_t, httplib::DataSink& sink) {
          if (offset > 0) return false;
          return sink.write("start", 5);
        });
  });
  server.Start();
  StringSink sink;
  const auto response = Make()->Download(Get(server.Url("/a")), sink);
  EXPECT_EQ(response.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(sink.content(), "start");
}

// A server that says nothing until the test is over.
class SilentServer {
 public:
  SilentServer() {
    server_.routes().Get("/a", [this](const auto&, auto&) {
      asked.Notify();
      end_.WaitForNotification();
    });
    server_.Start();
  }
  ~SilentServer() { end_.Notify(); }
  std::string url() const { return server_.Url("/a"); }

  absl::Notification asked;

 private:
  // The server's destructor waits for the handler, which uses it.
  absl::Notification end_;
  HttpServer server_;
};

TEST(CurlTransportTest, CutsTransfersInWhichNothingMoves) {
  SilentServer server;
  TransportOptions options;
  options.answer_timeout = absl::Milliseconds(50);
  EXPECT_EQ(Make(options)->Perform(Get(server.url())).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

// Answers only after the client's bound on stalls is over.
class LateServer {
 public:
  // Answers after `delay`, or when the test is over.
  explicit LateServer(absl::Duration delay) {
    const auto answer = [=, this](const auto& request, auto& response) {
      late_.WaitForNotificationWithTimeout(delay);
      response.set_content(std::to_string(request.body.size()), "text/plain");
    };
    server_.routes().Put("/a", answer);
    server_.routes().Get("/a", answer);
    server_.Start();
  }
  ~LateServer() { late_.Notify(); }
  std::string url() const { return server_.Url("/a"); }

 private:
  absl::Notification late_;
  HttpServer server_;
};

TEST(CurlTransportTest, TheAnswerToAnUploadMayBeginLate) {
  LateServer server(absl::Milliseconds(600));
  TransportOptions options;
  options.progress_timeout = absl::Milliseconds(200);
  options.rate_window = absl::Milliseconds(200);
  Request request = Get(server.url());
  request.method = "PUT";
  request.body = std::string(1000, 'x');
  const auto response = Make(options)->Perform(request);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "1000");
}

// A cache is silent until it has the whole of a blob.
TEST(CurlTransportTest, TheFirstByteMayComeLate) {
  LateServer server(absl::Milliseconds(600));
  TransportOptions options;
  options.progress_timeout = absl::Milliseconds(200);
  options.rate_window = absl::Milliseconds(200);
  StringSink sink;
  const auto response = Make(options)->Download(Get(server.url()), sink);
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(sink.content(), "0");
}

TEST(CurlTransportTest, ARequestHasABoundOfItsOwnOnTheWaitForItsAnswer) {
  // libcurl may look only once a second.
  LateServer server(absl::Seconds(10));
  Request request = Get(server.url());
  request.method = "PUT";
  request.body = "x";
  request.transfer.answer_timeout = absl::Milliseconds(20);
  const absl::Status status = Make()->Perform(request).status();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_NE(std::string(status.message()).find("no answer began within 20ms"),
            std::string::npos)
      << status;
}

// The wait for an answer is long, since a cache may fetch a blob whole first.
TEST(CurlTransportTest, AnAnswerThatHasBegunMustNotStall) {
  // Outlives the server, whose thread waits for it.
  absl::Notification end;
  HttpServer server;
  server.routes().Get("/a", [&end](const auto&, auto& response) {
    response.set_content_provider(
        1000, "text/plain",
        [&end](size_t offset, size_t, httplib::DataSink& sink) {
          if (offset == 0) return sink.write("start", 5);
          end.WaitForNotification();
          return false;
        });
  });
  server.Start();
  TransportOptions options;
  options.progress_timeout = absl::Milliseconds(500);
  options.answer_timeout = absl::Seconds(20);
  StringSink sink;
  const absl::Status status =
      Make(options)->Download(Get(server.Url("/a")), sink).status();
  end.Notify();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_NE(std::string(status.message()).find("nothing moved for 500ms"),
            std::string::npos)
      << status;
}

// A server that refuses an upload may do so before it has read all of it.
TEST(CurlTransportTest, ARefusalCountsWhereTheConnectionBreaksBehindIt) {
  for (const int refusal : {400, 503}) {
    HttpServer server;
    server.routes().Get("/a", [refusal](const auto&, auto& response) {
      response.status = refusal;
      response.set_content_provider(
          1000, "text/plain",
          [](size_t offset, size_t, httplib::DataSink& sink) {
            if (offset > 0) return false;
            return sink.write("busy", 4);
          });
    });
    server.Start();
    const auto response = Make()->Perform(Get(server.Url("/a")));
    ASSERT_TRUE(response.ok()) << response.status();
    EXPECT_EQ(response->status, refusal);
    EXPECT_EQ(response->body, "busy");
  }
}

TEST(CurlTransportTest, ARangeIsAskedForWhereOneIsWanted) {
  HttpServer server;
  std::string asked;
  server.routes().Get("/a", [&](const auto& request, auto& response) {
    asked = request.get_header_value("Range");
    response.set_content("0123456789", "text/plain");
  });
  server.Start();
  Request request = Get(server.Url("/a"));
  EXPECT_TRUE(Make()->Perform(request).ok());
  EXPECT_EQ(asked, "");
  request.transfer.range = {.first = 2, .length = 3};
  EXPECT_TRUE(Make()->Perform(request).ok());
  EXPECT_EQ(asked, "bytes=2-4");
}

// Sets a variable of the environment for as long as it lives.
class Variable {
 public:
  Variable(const char* name, const char* value) : name_(name) {
    setenv(name, value, 1);
  }
  ~Variable() { unsetenv(name_); }

 private:
  const char* const name_;
};

TEST(CurlTransportTest, LoopbackIsNotAskedThroughAProxy) {
  HttpServer server;
  server.routes().Get("/a", [](const auto&, auto& response) {
    response.set_content("direct", "text/plain");
  });
  server.Start();
  const Variable http_proxy("http_proxy", "http://127.0.0.1:1");
  const Variable all_proxy("all_proxy", "http://127.0.0.1:1");
  const auto response = Make()->Perform(Get(server.Url("/a")));
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->body, "direct");
}

TEST(CurlTransportTest, TheProxyOfTheEnvironmentIsUsedUnlessItIsTurnedOff) {
  const Variable http_proxy("http_proxy", "http://127.0.0.1:1");
  const Variable all_proxy("all_proxy", "http://127.0.0.1:1");
  // An address without a route (RFC 5737), so that nobody is asked.
  const Request request = Get("http://192.0.2.1:9/a");
  TransportOptions options;
  options.connect_timeout = absl::Milliseconds(200);
  const absl::Status by_proxy = Make(options)->Perform(request).status();
  EXPECT_NE(std::string(by_proxy.message()).find("127.0.0.1 port 1"),
            std::string::npos)
      << by_proxy;
  options.use_proxy = false;
  const absl::Status direct = Make(options)->Perform(request).status();
  EXPECT_EQ(std::string(direct.message()).find("127.0.0.1"), std::string::npos)
      << direct;
}

TEST(CurlTransportTest, AProxyThatIsMistypedIsNotQuotedWithItsPassword) {
  const Request request = Get("http://192.0.2.1:9/a");
  for (const char* proxy : {"http://dave:S3cret word@127.0.0.1:1",
                            "http://dave:S3cret@127.0.0.1:99999",
                            "ftp://dave:S3cret@127.0.0.1:1"}) {
    const Variable http_proxy("http_proxy", proxy);
    const absl::Status status = Make()->Perform(request).status();
    EXPECT_FALSE(status.ok());
    EXPECT_EQ(std::string(status.message()).find("S3cret"), std::string::npos)
        << status;
  }
}

TEST(CurlTransportTest, CutsTransfersThatDrip) {
  // Outlives the server, whose thread waits for it.
  absl::Notification end;
  HttpServer server;
  server.routes().Get("/a", [&end](const auto&, auto& response) {
    response.set_content_provider(
        1 << 20, "text/plain", [&end](size_t, size_t, httplib::DataSink& sink) {
          // A few bytes a second, until the client has had enough.
          return sink.write("drip", 4) &&
                 !end.WaitForNotificationWithTimeout(absl::Milliseconds(20));
        });
  });
  server.Start();
  TransportOptions options;
  options.least_bytes_per_second = 1 << 20;
  options.rate_window = absl::Milliseconds(100);
  StringSink sink;
  const absl::Status status =
      Make(options)->Download(Get(server.Url("/a")), sink).status();
  end.Notify();
  EXPECT_TRUE(absl::IsDeadlineExceeded(status)) << status;
  EXPECT_NE(std::string(status.message()).find("a second; check the network"),
            std::string::npos)
      << status;
}

TEST(CurlTransportTest, ARedirectToADeadOriginNamesBoth) {
  HttpServer server;
  server.routes().Get("/a", [](const auto&, auto& response) {
    response.set_redirect("http://127.0.0.1:1/b?secret=x");
  });
  server.Start();
  const absl::Status status = Make()->Perform(Get(server.Url("/a"))).status();
  EXPECT_TRUE(absl::IsUnavailable(status));
  const std::string message(status.message());
  EXPECT_EQ(
      message.find(server.Url("/a") + " redirects to http://127.0.0.1:1/b: "),
      0u)
      << message;
  EXPECT_EQ(message.find("secret"), std::string::npos);
}

TEST(CurlTransportTest, CancellationIsNoticedInMidTransfer) {
  SilentServer server;
  Request request = Get(server.url());
  std::stop_source stop;
  request.transfer.stop = stop.get_token();
  std::thread stopper([&] {
    server.asked.WaitForNotification();
    stop.request_stop();
  });
  EXPECT_EQ(Make()->Perform(request).status().code(),
            absl::StatusCode::kCancelled);
  stopper.join();
}

}  // namespace
}  // namespace kso::http

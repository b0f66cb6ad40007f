// SPDX-License-Identifier: Apache-2.0
#include "coordinator/http/server.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "common/base/strings.h"
#include "coordinator/http/body_budget.h"
#include "coordinator/http/connection_table.h"
#include "coordinator/http/request_target.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/fakes/raw_http_client.h"

namespace kso::coordinator {
namespace {

using kso::testing::FetchRaw;
using kso::testing::RawHttpAnswer;
using kso::testing::RawHttpClient;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Says what it was asked; "/slow" is answered when the test says so, "/events"
// is a stream, and "/closed" is refused.
class Echo final : public HttpHandler {
 public:
  HttpAdmission Admit(const HttpRequest& head) override {
    if (head.path == "/closed") {
      return HttpAdmission::Refuse(MakeResponse(403, "text/plain", "closed"));
    }
    HttpAdmission admission;
    admission.most_body_bytes = head.path == "/large" ? 1 << 20 : 1000;
    admission.run = [this](HttpRequest request, HttpRespond respond) {
      if (request.path == "/slow") {
        absl::MutexLock lock(&mutex_);
        waiting_.push_back(std::move(respond));
        return;
      }
      respond(AnswerTo(request));
    };
    return admission;
  }

  HttpResponse Problem(int status, std::string_view detail) override {
    return MakeResponse(status, "text/plain", std::string(detail));
  }

  // Waits for a request for "/slow".
  void AwaitSlow() {
    absl::MutexLock lock(&mutex_);
    const auto come = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
      return !waiting_.empty();
    };
    mutex_.Await(absl::Condition(&come));
  }
  // Answers one, which has come or will come.
  void AnswerSlow() {
    AwaitSlow();
    absl::MutexLock lock(&mutex_);
    waiting_.front()(MakeResponse(200, "text/plain", "late"));
    waiting_.pop_front();
  }

  EventFeed feed{"run"};
  std::atomic<bool> allowed = true;

 private:
  HttpResponse AnswerTo(const HttpRequest& request) {
    if (request.path == "/events") {
      HttpResponse response;
      response.headers.push_back({"Content-Type", "text/event-stream"});
      response.stream = HttpEventStream{
          .feed = &feed,
          .last_id = std::string(request.Header("Last-Event-ID")),
          .allowed = [this] { return allowed.load(); }};
      return response;
    }
    if (request.path == "/peer") {
      return MakeResponse(
          200, "text/plain",
          absl::StrCat(request.peer.address, " ", request.peer.local_host, " ",
                       request.peer.loopback, " ", request.peer.tls));
    }
    if (request.path == "/nothing") {
      HttpResponse response;
      response.status = 204;
      return response;
    }
    if (request.path == "/headers") {
      return MakeResponse(200, "text/plain",
                          absl::StrCat(Concat(request.Header("x-one"), " ",
                                              request.Header("x-none"), " "),
                                       request.CountHeaders("X-TWO")));
    }
    if (request.path == "/break") {
      HttpResponse response = MakeResponse(200, "text/plain", "");
      response.headers.push_back({"X-Bad", "a\r\nX-Made: up"});
      return response;
    }
    std::string text =
        absl::StrCat(request.method, " ", request.segments.size(), " ",
                     request.query.size(), " ", request.body);
    return MakeResponse(200, "text/plain", std::move(text));
  }

  absl::Mutex mutex_;
  std::deque<HttpRespond> waiting_ ABSL_GUARDED_BY(mutex_);
};

class ServerTest : public ::testing::Test {
 protected:
  void Start() {
    auto server = StartHttpServer("127.0.0.1:0", &echo_, nullptr, limits_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  const std::string address() const { return server_->address(); }
  RawHttpAnswer Get(std::string_view target) {
    return FetchRaw(address(),
                    Concat("GET ", target, " HTTP/1.1\r\nHost: x\r\n\r\n"));
  }

  HttpLimits limits_;
  Echo echo_;
  std::unique_ptr<HttpServer> server_;
};

TEST_F(ServerTest, ARequestIsReadAndAnswered) {
  Start();
  const RawHttpAnswer answer = Get("/a/b%20c?x=1&y=2");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "GET 2 2 ");
  EXPECT_NE(answer.Header("date"), "");
}

TEST_F(ServerTest, AConnectionIsKeptForTheNextRequestAndMayBePipelined) {
  Start();
  RawHttpClient client(address());
  client.Send(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
      "POST /2 HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody"
      "GET /3/3 HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Read()->body, "GET 1 0 ");
  EXPECT_EQ(client.Read()->body, "POST 1 0 body");
  EXPECT_EQ(client.Read()->body, "GET 2 0 ");
}

TEST_F(ServerTest, ARequestSaysWhereItComesFrom) {
  Start();
  const RawHttpAnswer answer = Get("/peer");
  EXPECT_THAT(answer.body, StartsWith("127.0.0.1:"));
  EXPECT_THAT(answer.body, ::testing::EndsWith(" 127.0.0.1 1 0"));
}

TEST_F(ServerTest, HeadersAreFoundWhateverTheirCase) {
  Start();
  EXPECT_EQ(FetchRaw(address(),
                     "GET /headers HTTP/1.1\r\nHost: x\r\nX-One: first\r\n"
                     "X-ONE: second\r\nX-Two: a\r\nx-two: b\r\n\r\n")
                .body,
            "first  2");
}

TEST_F(ServerTest, AnAnswerWithoutContentHasNoLength) {
  Start();
  RawHttpClient client(address());
  client.Send("GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n");
  const std::string head = client.ReadUntil("\r\n\r\n");
  EXPECT_THAT(head, StartsWith("HTTP/1.1 204 No Content\r\n"));
  EXPECT_THAT(head, HasSubstr("Connection: keep-alive\r\n"));
  EXPECT_THAT(head, ::testing::Not(HasSubstr("Content-Length")));
  // The connection goes on behind it.
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Read()->body, "GET 0 0 ");
}

TEST_F(ServerTest, AHeadOfAStreamIsNoStream) {
  limits_.most_streams = 0;
  Start();
  RawHttpClient client(address());
  client.Send("HEAD /events HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Read(/*head=*/true)->status, 200);
  EXPECT_TRUE(client.AwaitClose());
}

TEST_F(ServerTest, AHandlerThatTakesTooLongIsAnsweredFor) {
  limits_.answer_time = absl::Milliseconds(100);
  Start();
  RawHttpClient client(address());
  client.Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = client.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->status, 503);
  EXPECT_THAT(answer->body, HasSubstr("the answer takes too long"));
  EXPECT_TRUE(client.AwaitClose());
  // Its answer comes too late for anybody.
  echo_.AnswerSlow();
  EXPECT_EQ(Get("/").status, 200);
}

TEST_F(ServerTest, AClientThatWantsToCloseIsClosed) {
  Start();
  RawHttpClient client(address());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(client.Read()->Header("connection"), "close");
  EXPECT_TRUE(client.AwaitClose());
}

TEST_F(ServerTest, AHeadHasTheLengthAndNoBody) {
  Start();
  RawHttpClient client(address());
  client.Send("HEAD / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Read(/*head=*/true)->Header("content-length"), "8");
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Read()->body, "GET 0 0 ");
}

TEST_F(ServerTest, WhatIsNoRequestIsRefusedAndClosed) {
  Start();
  // Two of them are longer than a line.
  // NOLINTBEGIN(bugprone-suspicious-missing-comma)
  for (const std::string request : {
           "\x16\x03\x01\x02 hello\r\n\r\n",
           "GET\r\n\r\n",
           "GET / HTTP/3.7\r\nHost: x\r\n\r\n",
           "GET http HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET /%zz HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET /a%00b HTTP/1.1\r\nHost: x\r\n\r\n",
           "GET / HTTP/1.1\r\nHost: x\r\nNo colon\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
           "Content-Length: 5\r\n\r\nabcde",
           "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n"
           "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
       }) {
    // NOLINTEND(bugprone-suspicious-missing-comma)
    RawHttpClient client(address());
    client.Send(request);
    const auto answer = client.Read();
    ASSERT_TRUE(answer.has_value()) << request;
    EXPECT_EQ(answer->status, 400) << request;
    EXPECT_TRUE(client.AwaitClose()) << request;
  }
}

TEST_F(ServerTest, TheOnlyCodingOfABodyIsChunked) {
  Start();
  for (const char* coding :
       {"Transfer-Encoding: identity\r\nContent-Length: 5",
        "Transfer-Encoding: gzip, chunked", "Transfer-Encoding: chunked, gzip",
        "Transfer-Encoding: xchunked\r\nContent-Length: 5",
        "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked"}) {
    RawHttpClient client(address());
    client.Send(Concat("POST /a HTTP/1.1\r\nHost: x\r\n", coding,
                       "\r\n\r\n5\r\nhello\r\n0\r\n\r\n"));
    const auto answer = client.Read();
    ASSERT_TRUE(answer.has_value()) << coding;
    EXPECT_EQ(answer->status, 501) << coding;
    EXPECT_TRUE(client.AwaitClose()) << coding;
  }
  EXPECT_EQ(FetchRaw(address(),
                     "POST /a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: "
                     "Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n")
                .status,
            200);
}

TEST_F(ServerTest, HeadersAndPathsThatAreTooLongAreRefused) {
  Start();
  const std::string head = "GET / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(FetchRaw(address(),
                     Concat(head, "X: ", std::string(20'000, 'a'), "\r\n\r\n"))
                .status,
            431);
  // Each is short, and there is no end of them.
  std::string flood = head;
  for (int i = 0; i < 5000; ++i) absl::StrAppend(&flood, "X", i, ": y\r\n");
  EXPECT_EQ(FetchRaw(address(), flood).status, 431);
  EXPECT_EQ(Get("/" + std::string(10'000, 'a')).status, 414);
}

TEST_F(ServerTest, APathMayBeAsLongAsItMayBe) {
  limits_.most_target_bytes = 10;
  Start();
  EXPECT_EQ(Get("/123456789").status, 200);
  EXPECT_EQ(Get("/1234567890").status, 414);
  EXPECT_EQ(Get("/12345?x=1").status, 200);
  EXPECT_EQ(Get("/123456?x=1").status, 414);
}

TEST_F(ServerTest, ABodyInChunksMayBeAsLongAsItMayBe) {
  Start();
  const std::string head =
      "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n";
  const auto sent = [&](const std::string& size, size_t bytes) {
    return FetchRaw(
        address(),
        Concat(head, size, "\r\n", std::string(bytes, 'x'), "\r\n0\r\n\r\n"));
  };
  EXPECT_EQ(sent("3e8", 1000).status, 200);
  EXPECT_EQ(sent("3e9", 1001).status, 413);
}

TEST_F(ServerTest, BodiesAreBounded) {
  Start();
  const std::string head = "POST / HTTP/1.1\r\nHost: x\r\n";
  EXPECT_EQ(
      FetchRaw(address(), Concat(head, "Content-Length: 1001\r\n\r\n")).status,
      413);
  std::string chunks = Concat(head, "Transfer-Encoding: chunked\r\n\r\n");
  for (int i = 0; i < 5; ++i) {
    absl::StrAppend(&chunks, "fa\r\n", std::string(0xfa, 'x'), "\r\n");
  }
  EXPECT_EQ(FetchRaw(address(), chunks).status, 413);
  EXPECT_EQ(FetchRaw(address(), Concat(head, "Content-Length: 1000\r\n\r\n",
                                       std::string(1000, 'x')))
                .status,
            200);
}

TEST_F(ServerTest, AllBodiesTogetherAreBounded) {
  limits_.most_body_bytes = 1500;
  Start();
  RawHttpClient first(address());
  first.Send("POST /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n" +
             std::string(1000, 'x'));
  const std::string second =
      "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 600\r\n\r\n" +
      std::string(600, 'x');
  // The first body is being held as soon as its request waits.
  echo_.AnswerSlow();
  EXPECT_EQ(first.Read()->body, "late");
  // The next request of a connection is read once all is done for this one.
  const auto settle = [](RawHttpClient& client) {
    client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
    client.Read();
  };
  settle(first);
  EXPECT_EQ(FetchRaw(address(), second).status, 200);

  RawHttpClient third(address());
  third.Send(
      "POST / HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\n"
      "Content-Length: 1000\r\n\r\n");
  EXPECT_EQ(third.Read()->status, 100);
  EXPECT_EQ(FetchRaw(address(), second).status, 503);
  third.Send(std::string(1000, 'x'));
  EXPECT_EQ(third.Read()->status, 200);
  settle(third);
  EXPECT_EQ(FetchRaw(address(), second).status, 200);
}

TEST_F(ServerTest, ARefusedBodyIsNotReadAsTheNextRequest) {
  Start();
  RawHttpClient client(address());
  const std::string inner = "GET /inner HTTP/1.1\r\nHost: x\r\n\r\n";
  client.Send(Concat("POST /closed HTTP/1.1\r\nHost: x\r\nContent-Length: ",
                     inner.size(), "\r\n\r\n", inner));
  EXPECT_EQ(client.Read()->status, 403);
  EXPECT_EQ(client.Read(), std::nullopt);
}

TEST_F(ServerTest, AnAnswerHasNoHeadersThatAreMadeUpOfValues) {
  Start();
  const RawHttpAnswer answer = Get("/break");
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.Header("x-made"), "");
}

TEST_F(ServerTest, ASlowHeadIsCutOff) {
  limits_.head_time = absl::Milliseconds(200);
  Start();
  RawHttpClient silent(address());
  RawHttpClient half(address());
  half.Send("GET / HTTP/1.1\r\nHost:");
  EXPECT_TRUE(silent.AwaitClose());
  EXPECT_TRUE(half.AwaitClose());
}

TEST_F(ServerTest, AnIdleConnectionIsClosedInTheEnd) {
  limits_.idle_time = absl::Milliseconds(200);
  Start();
  RawHttpClient client(address());
  client.Send("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Read()->status, 200);
  EXPECT_TRUE(client.AwaitClose());
}

TEST_F(ServerTest, ABodyThatDripsIsCutOff) {
  limits_.transfer_time = absl::Milliseconds(200);
  Start();
  RawHttpClient client(address());
  client.Send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nabc");
  EXPECT_TRUE(client.AwaitClose());
}

TEST_F(ServerTest, ConnectionsThatDoNothingKeepNobodyOut) {
  limits_.most_connections = 8;
  Start();
  std::vector<std::unique_ptr<RawHttpClient>> idle;
  for (int i = 0; i < 50; ++i) {
    idle.push_back(std::make_unique<RawHttpClient>(address()));
    idle.back()->Send("GET / HT");
  }
  EXPECT_EQ(Get("/").status, 200);
  EXPECT_TRUE(idle.front()->AwaitClose());
}

TEST_F(ServerTest, ConnectionsThatWorkAreNotClosedForNewOnes) {
  limits_.most_connections = 1;
  Start();
  RawHttpClient working(address());
  working.Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  echo_.AwaitSlow();
  EXPECT_EQ(Get("/").status, 0);
  echo_.AnswerSlow();
  EXPECT_THAT(working.Read(), ::testing::Optional(::testing::Field(
                                  &RawHttpAnswer::body, "late")));
}

TEST_F(ServerTest, AStreamBeginsWithHelloAndGoesOnWithEvents) {
  Start();
  echo_.feed.SetHello("{\"a\":1}");
  RawHttpClient client(address());
  client.Send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Read()->status, 200);
  EXPECT_EQ(client.ReadUntil("\n\n"),
            "event: hello\nid: run-0\ndata: {\"a\":1}\n\n");
  echo_.feed.Publish("change", "{}");
  EXPECT_EQ(client.ReadUntil("\n\n"), "event: change\nid: run-1\ndata: {}\n\n");
}

TEST_F(ServerTest, AReaderThatComesBackMissesNothing) {
  Start();
  for (int i = 1; i <= 3; ++i) echo_.feed.Publish("change", absl::StrCat(i));
  RawHttpClient client(address());
  client.Send(
      "GET /events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: run-1\r\n\r\n");
  client.Read();
  EXPECT_THAT(client.ReadUntil("\n\n"), StartsWith("event: hello"));
  EXPECT_THAT(client.ReadUntil("\n\n"), HasSubstr("data: 2"));
  EXPECT_THAT(client.ReadUntil("\n\n"), HasSubstr("data: 3"));
}

TEST_F(ServerTest, AReaderOfAnotherRunIsToldToReadEverything) {
  Start();
  for (const std::string id : {"old-1", "run-77", "run--5", "run-x", "run"}) {
    RawHttpClient client(address());
    client.Send(Concat("GET /events HTTP/1.1\r\nHost: x\r\nLast-Event-ID: ", id,
                       "\r\n\r\n"));
    client.Read();
    EXPECT_THAT(client.ReadUntil("\n\n"), StartsWith("event: hello")) << id;
    EXPECT_THAT(client.ReadUntil("\n\n"), StartsWith("event: reset")) << id;
  }
}

TEST_F(ServerTest, AStreamHasAHeartbeatAndEndsWhenItsReaderMayNotReadOn) {
  limits_.heartbeat = absl::Milliseconds(50);
  Start();
  RawHttpClient client(address());
  client.Send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  client.Read();
  EXPECT_THAT(client.ReadUntil(":\n\n"), HasSubstr("hello"));
  echo_.allowed = false;
  EXPECT_TRUE(client.AwaitClose());
}

// A client certificate is looked at in the handshake only.
TEST_F(ServerTest, AConnectionThatIsOldEndsWithItsNextAnswer) {
  limits_.longest_connection = absl::ZeroDuration();
  Start();
  RawHttpClient client(address());
  client.Send(
      "GET /1 HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /2 HTTP/1.1\r\nHost: x\r\n\r\n");
  const auto answer = client.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->body, "GET 1 0 ");
  EXPECT_EQ(answer->Header("connection"), "close");
  EXPECT_TRUE(client.AwaitClose());
}

TEST_F(ServerTest, AStreamThatIsOldEndsWithItsNextHeartbeat) {
  limits_.heartbeat = absl::Milliseconds(50);
  limits_.longest_connection = absl::ZeroDuration();
  Start();
  RawHttpClient client(address());
  client.Send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(client.Read()->status, 200);
  EXPECT_THAT(client.ReadUntil("\n\n"), StartsWith("event: hello"));
  EXPECT_TRUE(client.AwaitClose());
}

TEST_F(ServerTest, ASlowReaderIsCutOffAndTheOthersGoOn) {
  limits_.most_unread_bytes = 400'000;
  Start();
  RawHttpClient slow(address());
  slow.ReadLittle();
  RawHttpClient quick(address());
  for (RawHttpClient* client : {&slow, &quick}) {
    client->Send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    client->ReadUntil("hello");
    client->ReadUntil("\n\n");
  }
  const std::string data(50'000, 'x');
  while (echo_.feed.reader_count() == 2) {
    echo_.feed.Publish("change", data);
    EXPECT_THAT(quick.ReadUntil("\n\n"), HasSubstr("change"));
  }
  echo_.feed.Publish("change", "last");
  EXPECT_THAT(quick.ReadUntil("\n\n"), HasSubstr("last"));
}

TEST_F(ServerTest, TwoHundredViewersCostOtherRequestsNothing) {
  Start();
  std::vector<std::unique_ptr<RawHttpClient>> viewers;
  for (int i = 0; i < 200; ++i) {
    viewers.push_back(std::make_unique<RawHttpClient>(address()));
    ASSERT_TRUE(
        viewers.back()->Send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n"));
  }
  for (auto& viewer : viewers) viewer->ReadUntil("hello");
  absl::Duration fastest = absl::InfiniteDuration();
  for (int i = 0; i < 20; ++i) {
    echo_.feed.Publish("change", std::string(2000, 'x'));
    const absl::Time begin = absl::Now();
    EXPECT_EQ(Get("/").status, 200);
    fastest = std::min(fastest, absl::Now() - begin);
    // It takes a fraction of a millisecond; a machine that is busy takes more.
    EXPECT_LT(absl::Now() - begin, absl::Seconds(1));
  }
  EXPECT_LT(fastest, absl::Milliseconds(50));
  for (auto& viewer : viewers) {
    for (int i = 0; i < 20; ++i) viewer->ReadUntil("xx\n\n");
  }
}

TEST_F(ServerTest, StreamsAreBounded) {
  limits_.most_streams = 2;
  Start();
  RawHttpClient clients[] = {RawHttpClient(address()), RawHttpClient(address()),
                             RawHttpClient(address())};
  for (RawHttpClient& client : clients) {
    client.Send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    const int status = client.Read()->status;
    EXPECT_EQ(status, &client == &clients[2] ? 503 : 200);
  }
}

TEST_F(ServerTest, ItStopsWithOpenConnections) {
  Start();
  RawHttpClient idle(address());
  RawHttpClient stream(address());
  stream.Send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
  stream.ReadUntil("hello");
  RawHttpClient working(address());
  working.Send("GET /slow HTTP/1.1\r\nHost: x\r\n\r\n");
  server_.reset();
  EXPECT_TRUE(stream.AwaitClose());
  EXPECT_TRUE(idle.AwaitClose());
}

// A connection that only says whether it was to be closed.
struct Member final : ConnectionTable::Member {
  void CloseSoon() override { closed = true; }
  bool closed = false;
};

TEST(ConnectionTableTest, TheOneThatHasWaitedTheLongestMakesRoom) {
  HttpLimits limits;
  limits.most_connections = 2;
  ConnectionTable table(limits);
  std::vector<std::shared_ptr<Member>> members;
  for (int i = 0; i < 6; ++i) members.push_back(std::make_shared<Member>());
  EXPECT_TRUE(table.Add(members[0], "a"));
  EXPECT_TRUE(table.Add(members[1], "b"));
  EXPECT_FALSE(members[0]->closed);
  EXPECT_EQ(table.size(), 2u);
  // The first one has worked meanwhile, and waits anew.
  table.SetWaiting(members[0].get(), false);
  table.SetWaiting(members[0].get(), true);
  EXPECT_TRUE(table.Add(members[2], "c"));
  EXPECT_FALSE(members[0]->closed);
  EXPECT_TRUE(members[1]->closed);
  EXPECT_EQ(table.size(), 2u);
  // Those that work are not closed.
  table.SetWaiting(members[0].get(), false);
  table.SetWaiting(members[2].get(), false);
  EXPECT_FALSE(table.Add(members[3], "d"));
  EXPECT_FALSE(members[0]->closed);
  EXPECT_FALSE(members[2]->closed);
  // To say so twice changes nothing.
  table.SetWaiting(members[2].get(), false);
  table.SetWaiting(members[2].get(), true);
  table.SetWaiting(members[2].get(), true);
  EXPECT_TRUE(table.Add(members[3], "d"));
  EXPECT_TRUE(members[2]->closed);
  // One that has gone makes room.
  table.Remove(members[0].get());
  table.Remove(members[0].get());
  EXPECT_EQ(table.size(), 1u);
  EXPECT_TRUE(table.Add(members[4], "e"));
  EXPECT_FALSE(members[3]->closed);
  EXPECT_EQ(table.size(), 2u);
}

TEST(ConnectionTableTest, OnePeerMakesRoomForItself) {
  HttpLimits limits;
  limits.most_connections_of_peer = 2;
  ConnectionTable table(limits);
  std::vector<std::shared_ptr<Member>> members;
  for (int i = 0; i < 6; ++i) members.push_back(std::make_shared<Member>());
  EXPECT_TRUE(table.Add(members[0], "other"));
  EXPECT_TRUE(table.Add(members[1], "a"));
  EXPECT_TRUE(table.Add(members[2], "a"));
  EXPECT_TRUE(table.Add(members[3], "a"));
  EXPECT_FALSE(members[0]->closed);
  EXPECT_TRUE(members[1]->closed);
  for (const int working : {2, 3}) {
    table.SetWaiting(members[working].get(), false);
  }
  EXPECT_FALSE(table.Add(members[4], "a"));
  EXPECT_FALSE(members[0]->closed);
  EXPECT_TRUE(table.Add(members[4], "other"));
  // A connection that has ended counts no more.
  table.Remove(members[2].get());
  EXPECT_TRUE(table.Add(members[5], "a"));
}

TEST(ConnectionTableTest, StreamsAreCountedWhileTheyLast) {
  HttpLimits limits;
  limits.most_streams = 1;
  ConnectionTable table(limits);
  const auto first = std::make_shared<Member>();
  const auto second = std::make_shared<Member>();
  EXPECT_FALSE(table.MakeStream(first.get()));
  EXPECT_TRUE(table.Add(first, "a"));
  EXPECT_TRUE(table.Add(second, "b"));
  EXPECT_TRUE(table.MakeStream(first.get()));
  EXPECT_FALSE(table.MakeStream(second.get()));
  table.Remove(first.get());
  EXPECT_TRUE(table.MakeStream(second.get()));
  table.CloseAll();
  EXPECT_TRUE(second->closed);
  EXPECT_FALSE(table.Add(first, "a"));
}

TEST(BodyBudgetTest, NoMoreIsTakenThanThereIs) {
  BodyBudget budget(10);
  EXPECT_TRUE(budget.Take(10));
  EXPECT_FALSE(budget.Take(1));
  budget.GiveBack(4);
  EXPECT_FALSE(budget.Take(5));
  EXPECT_TRUE(budget.Take(4));
  EXPECT_TRUE(budget.Take(0));
}

// "SEGMENTS ? NAME=VALUE..." as they are read; "refused" where they are not.
std::string ReadAs(const std::string& target) {
  HttpRequest request;
  if (!ReadTarget(target, request)) return "refused";
  std::string text;
  for (const std::string& segment : request.segments) {
    absl::StrAppend(&text, "[", segment, "]");
  }
  for (const auto& [name, value] : request.query) {
    absl::StrAppend(&text, " ", name, "=", value);
  }
  return text;
}

TEST(RequestTargetTest, APathHasPartsAndAQueryPairs) {
  EXPECT_EQ(ReadAs("/"), "");
  EXPECT_EQ(ReadAs("/a"), "[a]");
  EXPECT_EQ(ReadAs("/a/"), "[a][]");
  EXPECT_EQ(ReadAs("/a%2Fb/c+d"), "[a/b][c+d]");
  EXPECT_EQ(ReadAs("/?"), "");
  EXPECT_EQ(ReadAs("/?a=1&&b=x+y%20z&c&d=1=2"), " a=1 b=x y z c= d=1=2");
  EXPECT_EQ(ReadAs("/a?b?c=1"), "[a] b?c=1");
  EXPECT_EQ(ReadAs("/!~"), "[!~]");
  for (const std::string bad :
       {"", "a", "*", "/a b", "/a\x7f", "/a#b", "/%", "/%z1", "/%00",
        "/a?%zz=1", "/a?b=%00", "/a?b=%"}) {
    EXPECT_EQ(ReadAs(bad), "refused") << bad;
  }
}

TEST(RequestTargetTest, TheRequestKeepsItAsItCame) {
  HttpRequest request;
  ASSERT_TRUE(ReadTarget("/a%2Fb?c=%20", request));
  EXPECT_EQ(request.target, "/a%2Fb?c=%20");
  EXPECT_EQ(request.path, "/a%2Fb");
}

TEST(StartHttpServerTest, AddressesThatCannotBeUsedAreSaid) {
  Echo echo;
  for (const std::string address :
       {"", "7071", ":7071", "127.0.0.1", "127.0.0.1:x", "127.0.0.1:70710"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(
        StartHttpServer(address, &echo, nullptr).status()))
        << address;
  }
  const auto first = StartHttpServer("127.0.0.1:0", &echo, nullptr);
  ASSERT_TRUE(first.ok());
  EXPECT_TRUE(absl::IsUnavailable(
      StartHttpServer((*first)->address(), &echo, nullptr).status()));
  EXPECT_TRUE(absl::IsUnavailable(
      StartHttpServer("192.0.2.1:0", &echo, nullptr).status()));
}

}  // namespace
}  // namespace kso::coordinator

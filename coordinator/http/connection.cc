// SPDX-License-Identifier: Apache-2.0
#include "coordinator/http/connection.h"

#include <array>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/core/tcp_stream.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/strings.h"
#include "coordinator/http/request_target.h"
#include "coordinator/http/tls_context.h"

namespace kso::coordinator {
namespace {

namespace asio = boost::asio;
namespace beast = boost::beast;
namespace message = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;

using PlainStream = beast::tcp_stream;
using TlsStream = asio::ssl::stream<beast::tcp_stream>;

// A connection that is being closed is read for so long, so that the client
// gets the answer before the end (RFC 9112, section 9.6).
constexpr std::chrono::seconds kLingerTime{2};
constexpr size_t kLingerBytes = 1 << 20;
constexpr size_t kReadBytes = 16 << 10;

std::chrono::steady_clock::duration ToStdDuration(absl::Duration duration) {
  return absl::ToChronoMilliseconds(duration);
}

std::string_view ToStdView(boost::string_view text) {
  return {text.data(), text.size()};
}

std::string_view ReasonOf(int status) {
  return ToStdView(message::obsolete_reason(
      message::int_to_status(static_cast<unsigned>(status))));
}

bool HasNoBody(int status) { return status == 204 || status == 304; }

std::string AddressInWords(const tcp::endpoint& endpoint) {
  const std::string host = endpoint.address().to_string();
  return endpoint.address().is_v6()
             ? absl::StrCat("[", host, "]:", endpoint.port())
             : absl::StrCat(host, ":", endpoint.port());
}

// An IPv4 address in its own form where it came over IPv6.
asio::ip::address Unmapped(const asio::ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6());
  }
  return address;
}

// The status line and the headers.
std::string FormatHead(const HttpResponse& response, size_t body_bytes,
                       bool keep_alive) {
  std::string head = Concat("HTTP/1.1 ", response.status, " ",
                            ReasonOf(response.status), "\r\nDate: ",
                            absl::FormatTime("%a, %d %b %E4Y %H:%M:%S GMT",
                                             absl::Now(), absl::UTCTimeZone()),
                            "\r\n");
  for (const HttpHeader& header : response.headers) {
    // A line break would begin another header, or the body.
    if (header.value.find_first_of("\r\n") != std::string::npos) continue;
    absl::StrAppend(&head, header.name, ": ", header.value, "\r\n");
  }
  if (!response.stream.has_value() && !HasNoBody(response.status)) {
    absl::StrAppend(&head, "Content-Length: ", body_bytes, "\r\n");
  }
  absl::StrAppend(&head, "Connection: ", keep_alive ? "keep-alive" : "close",
                  "\r\n\r\n");
  return head;
}

// One connection. All of it but CloseSoon and Offer runs on the strand of its
// socket.
template <typename Stream>
class Connection final
    : public ConnectionTable::Member,
      public EventFeed::Reader,
      public std::enable_shared_from_this<Connection<Stream>> {
  static constexpr bool kTls = std::is_same_v<Stream, TlsStream>;

 public:
  template <typename... Args>
  Connection(std::shared_ptr<HttpCore> core,
             std::shared_ptr<asio::ssl::context> tls, Args&&... args)
      : core_(std::move(core)),
        tls_(std::move(tls)),
        stream_(std::forward<Args>(args)...),
        heartbeat_(lowest().get_executor()),
        write_deadline_(lowest().get_executor()) {}

  ~Connection() override {
    core_->table.Remove(this);
    GiveBodyBack();
  }

  void Start() {
    error_code ignored;
    lowest().socket().set_option(tcp::no_delay(true), ignored);
    const tcp::endpoint remote = lowest().socket().remote_endpoint(ignored);
    const tcp::endpoint local = lowest().socket().local_endpoint(ignored);
    peer_.address = AddressInWords({Unmapped(remote.address()), remote.port()});
    peer_.local_host = Unmapped(local.address()).to_string();
    peer_.loopback = Unmapped(remote.address()).is_loopback();
    peer_.tls = kTls;
    if (!core_->table.Add(this->shared_from_this(),
                          Unmapped(remote.address()).to_string())) {
      return;
    }
    if constexpr (kTls) {
      lowest().expires_after(ToStdDuration(core_->limits.head_time));
      stream_.async_handshake(asio::ssl::stream_base::server,
                              [self = this->shared_from_this()](error_code e) {
                                if (e) return;
                                ReadClientCertificate(
                                    self->stream_.native_handle(), self->peer_);
                                self->AwaitRequest();
                              });
    } else {
      AwaitRequest();
    }
  }

  void CloseSoon() override {
    if (core_->stopped) return;
    asio::post(lowest().get_executor(),
               [self = this->shared_from_this()] { self->Close(); });
  }

  void Offer(EventFeed::Bytes bytes) override {
    if (core_->stopped) return;
    asio::post(lowest().get_executor(), [self = this->shared_from_this(),
                                         bytes = std::move(bytes)]() mutable {
      self->Queue(std::move(bytes));
    });
  }

 private:
  beast::tcp_stream& lowest() { return beast::get_lowest_layer(stream_); }

  void ExpireAfter(absl::Duration duration) {
    lowest().expires_after(ToStdDuration(duration));
  }
  void ExpireAfterTransfer(size_t bytes) {
    ExpireAfter(core_->limits.transfer_time +
                absl::Seconds(bytes / core_->limits.lowest_bytes_per_second));
  }

  bool IsOld() const {
    return std::chrono::steady_clock::now() - accepted_ >=
           ToStdDuration(core_->limits.longest_connection);
  }

  void Close() {
    closed_ = true;
    heartbeat_.cancel();
    write_deadline_.cancel();
    lowest().close();
    core_->table.Remove(this);
  }

  // Requests.

  // Waits for the first byte of a request.
  void AwaitRequest() {
    core_->table.SetWaiting(this, true);
    if (buffer_.size() > 0) return ReadHead();
    ExpireAfter(first_request_ ? core_->limits.head_time
                               : core_->limits.idle_time);
    stream_.async_read_some(
        buffer_.prepare(kReadBytes),
        [self = this->shared_from_this()](error_code error, size_t bytes) {
          if (error) return self->Close();
          self->buffer_.commit(bytes);
          self->ReadHead();
        });
  }

  void ReadHead() {
    first_request_ = false;
    head_.emplace();
    head_->header_limit(static_cast<uint32_t>(core_->limits.most_header_bytes));
    // The bound of the body is set when the head is known. Boost 1.74 takes
    // boost::none for less than any length.
    head_->body_limit(std::numeric_limits<uint64_t>::max());
    ExpireAfter(core_->limits.head_time);
    message::async_read_header(
        stream_, buffer_, *head_,
        [self = this->shared_from_this()](error_code error, size_t) {
          self->OnHead(error);
        });
  }

  void OnHead(error_code error) {
    if (error == message::error::header_limit ||
        error == message::error::buffer_overflow) {
      return Refuse(431, "the headers of this request are too long");
    }
    if (error.category() ==
            message::make_error_code(message::error::bad_value).category() &&
        error != message::error::end_of_stream &&
        error != message::error::partial_message) {
      return Refuse(400,
                    Concat("this is not an HTTP request: ", error.message()));
    }
    if (error) return Close();
    core_->table.SetWaiting(this, false);
    request_ = HttpRequest();
    request_.peer = peer_;
    const auto& fields = head_->get();
    // A body in another coding would be taken as it is, and one that a proxy
    // frames in another way than this server for the next request (RFC 9112,
    // sections 6.1 and 11.2).
    const auto coding = fields.find(message::field::transfer_encoding);
    if (coding != fields.end() &&
        (fields.count(message::field::transfer_encoding) > 1 ||
         !absl::EqualsIgnoreCase(ToAbsl(ToStdView(coding->value())),
                                 "chunked"))) {
      return Refuse(501, "the only Transfer-Encoding here is chunked");
    }
    keep_alive_ = head_->keep_alive() && !IsOld();
    has_body_ = head_->chunked() || head_->content_length().value_or(0) > 0;
    if (fields.target().size() > core_->limits.most_target_bytes) {
      return Refuse(414, "the path of this request is too long");
    }
    if (!ReadTarget(ToStdView(fields.target()), request_)) {
      return Refuse(400, "the path of this request is not well formed");
    }
    request_.method = std::string(ToStdView(fields.method_string()));
    without_body_ = request_.method == "HEAD";
    if (without_body_) request_.method = "GET";
    for (const auto& field : fields) {
      request_.headers.push_back({std::string(ToStdView(field.name_string())),
                                  std::string(ToStdView(field.value()))});
    }
    Decide();
  }

  void Decide() {
    HttpAdmission admission = core_->handler->Admit(request_);
    if (admission.refusal.has_value()) {
      // A body that is not read would be taken for the next request.
      if (has_body_) keep_alive_ = false;
      return Write(*std::move(admission.refusal));
    }
    run_ = std::move(admission.run);
    if (!has_body_) return Run();
    ReadBody(admission.most_body_bytes);
  }

  void ReadBody(size_t most) {
    const uint64_t announced = head_->content_length().value_or(most);
    if (announced > most) {
      return Refuse(413, absl::StrCat("the body is too long; it may have ",
                                      most, " bytes"));
    }
    if (!core_->budget.Take(announced)) {
      return Refuse(503,
                    "too many bodies are being sent; try again in a while");
    }
    taken_ = announced;
    ExpireAfterTransfer(announced);
    body_.emplace(std::move(*head_));
    body_->body_limit(most);
    if (absl::EqualsIgnoreCase(ToAbsl(request_.Header("Expect")),
                               "100-continue")) {
      static constexpr std::string_view kContinue =
          "HTTP/1.1 100 Continue\r\n\r\n";
      asio::async_write(
          stream_, asio::buffer(kContinue.data(), kContinue.size()),
          [self = this->shared_from_this()](error_code error, size_t) {
            if (error) return self->Close();
            self->ReadRest();
          });
      return;
    }
    ReadRest();
  }

  void ReadRest() {
    message::async_read(
        stream_, buffer_, *body_,
        [self = this->shared_from_this()](error_code error, size_t) {
          if (error == message::error::body_limit) {
            return self->Refuse(413, "the body is too long");
          }
          if (error) return self->Close();
          self->request_.body = std::move(self->body_->get().body());
          self->Run();
        });
  }

  void Run() {
    head_.reset();
    body_.reset();
    // The time that the handler takes is not the client's.
    lowest().expires_never();
    const int64_t number = ++request_number_;
    write_deadline_.expires_after(ToStdDuration(core_->limits.answer_time));
    write_deadline_.async_wait(
        [self = this->shared_from_this(), number](error_code error) {
          if (error || self->closed_ || number != self->request_number_) return;
          ++self->request_number_;
          self->Refuse(503, "the answer takes too long; try again in a while");
        });
    auto run = std::move(run_);
    run(std::move(request_),
        [self = this->shared_from_this(), number](HttpResponse response) {
          if (self->core_->stopped) return;
          asio::post(self->lowest().get_executor(),
                     [self, number, response = std::move(response)]() mutable {
                       // It has come too late.
                       if (number != self->request_number_) return;
                       ++self->request_number_;
                       self->write_deadline_.cancel();
                       self->Write(std::move(response));
                     });
        });
  }

  // Answers.

  void Refuse(int status, std::string_view detail) {
    core_->table.SetWaiting(this, false);
    keep_alive_ = false;
    Write(core_->handler->Problem(status, detail));
  }

  void Write(HttpResponse response) {
    if (closed_) return;
    response_ = std::move(response);
    if (response_.stream.has_value()) {
      if (!without_body_ && !core_->table.MakeStream(this)) {
        return Refuse(503, "too many streams are open; try again in a while");
      }
      keep_alive_ = false;
    }
    const size_t body_bytes = response_.body ? response_.body->size() : 0;
    response_head_ = FormatHead(response_, body_bytes, keep_alive_);
    std::array<asio::const_buffer, 2> buffers = {asio::buffer(response_head_),
                                                 asio::const_buffer()};
    if (body_bytes > 0 && !without_body_ && !HasNoBody(response_.status)) {
      buffers[1] = asio::buffer(*response_.body);
    }
    ExpireAfterTransfer(asio::buffer_size(buffers));
    asio::async_write(
        stream_, buffers,
        [self = this->shared_from_this()](error_code error, size_t) {
          if (error) return self->Close();
          self->OnWritten();
        });
  }

  void OnWritten() {
    GiveBodyBack();
    if (response_.stream.has_value() && !without_body_) return BeginStream();
    response_ = HttpResponse();
    if (keep_alive_) return AwaitRequest();
    Linger();
  }

  void GiveBodyBack() { core_->budget.GiveBack(std::exchange(taken_, 0)); }

  // Ends the sending half, and reads what the client still sends.
  void Linger() {
    lowest().expires_after(kLingerTime);
    if constexpr (kTls) {
      stream_.async_shutdown(
          [self = this->shared_from_this()](error_code) { self->Close(); });
    } else {
      error_code ignored;
      lowest().socket().shutdown(tcp::socket::shutdown_send, ignored);
      Discard(kLingerBytes);
    }
  }

  void Discard(size_t most) {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(kReadBytes),
                            [self = this->shared_from_this(), most](
                                error_code error, size_t bytes) {
                              if (error || bytes >= most) return self->Close();
                              self->Discard(most - bytes);
                            });
  }

  // Streams.

  void BeginStream() {
    lowest().expires_never();
    WatchForEnd();
    SetHeartbeat();
    const HttpEventStream& stream = *response_.stream;
    stream.feed->Subscribe(this->shared_from_this(), stream.last_id);
  }

  // A client has nothing to say while it reads a stream, so anything that comes
  // is its end.
  void WatchForEnd() {
    buffer_.clear();
    stream_.async_read_some(buffer_.prepare(1),
                            [self = this->shared_from_this()](
                                error_code, size_t) { self->Close(); });
  }

  void SetHeartbeat() {
    heartbeat_.expires_after(ToStdDuration(core_->limits.heartbeat));
    heartbeat_.async_wait([self = this->shared_from_this()](error_code error) {
      if (error || self->closed_) return;
      const auto& allowed = self->response_.stream->allowed;
      if (self->IsOld() || (allowed && !allowed())) return self->Close();
      static const auto* const kComment =
          new EventFeed::Bytes(std::make_shared<const std::string>(":\n\n"));
      if (!self->writing_) self->Queue(*kComment);
      self->SetHeartbeat();
    });
  }

  void Queue(EventFeed::Bytes bytes) {
    if (closed_) return;
    unread_bytes_ += bytes->size();
    // A reader that is too slow costs this much at most, and may come back.
    if (unread_bytes_ > core_->limits.most_unread_bytes) return Close();
    queue_.push_back(std::move(bytes));
    if (!writing_) WriteQueue();
  }

  void WriteQueue() {
    writing_ = true;
    in_flight_ = std::exchange(queue_, {});
    std::vector<asio::const_buffer> buffers;
    for (const EventFeed::Bytes& bytes : in_flight_) {
      buffers.push_back(asio::buffer(*bytes));
    }
    write_deadline_.expires_after(ToStdDuration(core_->limits.transfer_time));
    write_deadline_.async_wait(
        [self = this->shared_from_this()](error_code error) {
          if (!error) self->Close();
        });
    asio::async_write(
        stream_, buffers,
        [self = this->shared_from_this()](error_code error, size_t bytes) {
          self->write_deadline_.cancel();
          if (error) return self->Close();
          self->writing_ = false;
          self->in_flight_.clear();
          self->unread_bytes_ -= bytes;
          if (!self->queue_.empty()) self->WriteQueue();
        });
  }

  // The first members outlive the stream, which uses them.
  const std::shared_ptr<HttpCore> core_;
  const std::shared_ptr<asio::ssl::context> tls_;
  Stream stream_;
  HttpPeer peer_;
  const std::chrono::steady_clock::time_point accepted_ =
      std::chrono::steady_clock::now();
  bool closed_ = false;
  beast::flat_buffer buffer_{64 << 10};

  bool first_request_ = true;
  std::optional<message::request_parser<message::empty_body>> head_;
  std::optional<message::request_parser<message::string_body>> body_;
  HttpRequest request_;
  bool keep_alive_ = false;
  bool has_body_ = false;
  bool without_body_ = false;
  // The bytes of the budget that this request has taken.
  size_t taken_ = 0;
  absl::AnyInvocable<void(HttpRequest, HttpRespond)> run_;
  // Counts the requests that were handed to the handler, and their answers.
  int64_t request_number_ = 0;

  HttpResponse response_;
  std::string response_head_;

  asio::steady_timer heartbeat_;
  asio::steady_timer write_deadline_;
  bool writing_ = false;
  std::vector<EventFeed::Bytes> queue_;
  std::vector<EventFeed::Bytes> in_flight_;
  // The bytes of both.
  size_t unread_bytes_ = 0;
};

}  // namespace

void ServeConnection(std::shared_ptr<HttpCore> core, tcp::socket socket,
                     std::shared_ptr<asio::ssl::context> tls) {
  if (tls != nullptr) {
    asio::ssl::context& context = *tls;
    std::make_shared<Connection<TlsStream>>(
        std::move(core), std::move(tls), beast::tcp_stream(std::move(socket)),
        context)
        ->Start();
  } else {
    std::make_shared<Connection<PlainStream>>(std::move(core), nullptr,
                                              std::move(socket))
        ->Start();
  }
}

}  // namespace kso::coordinator

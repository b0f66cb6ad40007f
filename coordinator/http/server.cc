// SPDX-License-Identifier: Apache-2.0
#include "coordinator/http/server.h"

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <chrono>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/run/exceptions.h"
#include "common/run/threads.h"
#include "coordinator/http/connection.h"
#include "coordinator/http/tls_context.h"
#include "spdlog/spdlog.h"

namespace kso::coordinator {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// One thread would do for the work; with two, a handshake or a large answer
// holds nobody up.
constexpr int kThreads = 2;
// The pause after a connection could not be accepted, as when the process has
// too many files open.
constexpr std::chrono::milliseconds kAcceptPause{100};

struct HostAndPort {
  // Without brackets.
  std::string host;
  std::string port;
  // As it is written in the server's address.
  std::string written_host;
};

absl::StatusOr<HostAndPort> ParseAddress(const std::string& address) {
  const size_t colon = address.rfind(':');
  int port = 0;
  if (colon == std::string::npos || colon == 0 ||
      !absl::SimpleAtoi(address.substr(colon + 1), &port) || port < 0 ||
      port > 65535) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", address, "\" is not HOST:PORT"));
  }
  HostAndPort parsed;
  parsed.written_host = address.substr(0, colon);
  parsed.port = absl::StrCat(port);
  parsed.host = parsed.written_host;
  if (parsed.host.front() == '[' && parsed.host.back() == ']') {
    parsed.host = parsed.host.substr(1, parsed.host.size() - 2);
  }
  return parsed;
}

class BeastServer final : public HttpServer {
 public:
  BeastServer(HttpHandler* handler, HttpTlsSource* tls,
              const HttpLimits& limits)
      : tls_source_(tls),
        core_(std::make_shared<HttpCore>(handler, limits)),
        acceptor_(asio::make_strand(core_->io)),
        accept_pause_(acceptor_.get_executor()) {}

  ~BeastServer() override {
    asio::post(acceptor_.get_executor(), [this] {
      error_code ignored;
      stopping_ = true;
      // Some versions of Asio return the error, too.
      // NOLINTNEXTLINE(bugprone-unused-return-value)
      acceptor_.close(ignored);
      accept_pause_.cancel();
    });
    core_->table.CloseAll();
    // The threads end when nothing is left to do.
    for (std::thread& thread : threads_) thread.join();
    core_->stopped = true;
  }

  absl::Status Start(const std::string& address) {
    KSO_ASSIGN_OR_RETURN(const HostAndPort where, ParseAddress(address));
    if (tls_source_ != nullptr) {
      KSO_RETURN_IF_ERROR(UseTlsIdentity(tls_source_->Current()));
    }
    const error_code error = Listen(where);
    if (error) {
      return absl::UnavailableError(
          absl::StrCat("cannot listen on ", address, ": ", error.message(),
                       "; is the port in use, or the host not this one?"));
    }
    address_ = absl::StrCat(where.written_host, ":",
                            acceptor_.local_endpoint().port());
    Accept();
    for (int i = 0; i < kThreads; ++i) {
      KSO_ASSIGN_OR_RETURN(std::thread thread, StartThread([this] { Run(); }));
      threads_.push_back(std::move(thread));
    }
    return absl::OkStatus();
  }

  std::string address() const override { return address_; }

 private:
  error_code Listen(const HostAndPort& where) {
    error_code error;
    tcp::resolver resolver(core_->io);
    const auto found =
        resolver.resolve(where.host, where.port, tcp::resolver::passive, error);
    if (error) return error;
    const tcp::endpoint endpoint = *found.begin();
    // Some versions of Asio return the error, too.
    // NOLINTBEGIN(bugprone-unused-return-value)
    acceptor_.open(endpoint.protocol(), error);
    if (error) return error;
    acceptor_.set_option(tcp::acceptor::reuse_address(true), error);
    if (error) return error;
    acceptor_.bind(endpoint, error);
    if (error) return error;
    acceptor_.listen(tcp::acceptor::max_listen_connections, error);
    // NOLINTEND(bugprone-unused-return-value)
    return error;
  }

  void Run() {
    // A failure of one connection must not end the server.
    while (true) {
      const absl::Status status = WithoutExceptions([this] {
        core_->io.run();
        return absl::OkStatus();
      });
      if (status.ok()) return;
      spdlog::error("HTTP: {}", std::string(status.message()));
    }
  }

  void Accept() {
    acceptor_.async_accept(
        asio::make_strand(core_->io),
        [this](error_code error, tcp::socket socket) {
          if (stopping_ || error == asio::error::operation_aborted) return;
          if (error) return AcceptLater();
          RenewTls();
          ServeConnection(core_, std::move(socket), tls_);
          Accept();
        });
  }

  void AcceptLater() {
    accept_pause_.expires_after(kAcceptPause);
    accept_pause_.async_wait([this](error_code) {
      if (!stopping_) Accept();
    });
  }

  absl::Status UseTlsIdentity(std::shared_ptr<const HttpTlsIdentity> identity) {
    tls_identity_ = std::move(identity);
    KSO_ASSIGN_OR_RETURN(SslContext context, MakeSslContext(*tls_identity_));
    tls_ = std::make_shared<asio::ssl::context>(context.release());
    return absl::OkStatus();
  }

  // Takes renewed certificates. Those that cannot be used leave the old ones in
  // use.
  void RenewTls() {
    if (tls_source_ == nullptr) return;
    std::shared_ptr<const HttpTlsIdentity> identity = tls_source_->Current();
    if (identity == tls_identity_) return;
    const absl::Status status = UseTlsIdentity(std::move(identity));
    if (!status.ok()) {
      spdlog::warn("the page's renewed certificate is not used: {}",
                   std::string(status.message()));
    }
  }

  HttpTlsSource* const tls_source_;
  const std::shared_ptr<HttpCore> core_;
  tcp::acceptor acceptor_;
  asio::steady_timer accept_pause_;
  bool stopping_ = false;
  std::shared_ptr<const HttpTlsIdentity> tls_identity_;
  std::shared_ptr<asio::ssl::context> tls_;
  std::string address_;
  std::vector<std::thread> threads_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> StartHttpServer(
    const std::string& address, HttpHandler* handler, HttpTlsSource* tls,
    const HttpLimits& limits) {
  auto server = std::make_unique<BeastServer>(handler, tls, limits);
  KSO_RETURN_IF_ERROR(server->Start(address));
  return server;
}

}  // namespace kso::coordinator

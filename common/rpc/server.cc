// SPDX-License-Identifier: Apache-2.0
#include "common/rpc/server.h"

#include <sys/un.h>

#include <chrono>
#include <cstddef>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/base/status_macros.h"
#include "common/rpc/channel.h"
#include "common/rpc/server_credentials.h"
#include "grpcpp/resource_quota.h"
#include "grpcpp/security/server_credentials.h"
#include "grpcpp/server_builder.h"

namespace kso::rpc {
namespace {

// Clients ping more seldom than this, see CreateChannel; who pings more often
// is cut off.
constexpr int kShortestPingIntervalMs = 5'000;
constexpr int kKeepaliveMs = 30'000;
constexpr int kKeepaliveTimeoutMs = 10'000;
// A connection that nobody calls over is closed: those who call again connect
// anew.
constexpr int kLongestIdleMs = 300'000;
// A peer that connects and says nothing is cut off.
constexpr int kHandshakeMs = 20'000;
// The bounds of all connections together: memory for messages under way, and
// threads for calls that block, of which each stream of a blob is one.
constexpr size_t kMostBytes = size_t{4} << 30;
constexpr int kMostThreads = 4096;
// The calls that one connection has open at a time. A worker of 256 slots has
// fewer; clients of gRPC wait before they begin more (RFC 9113, section 5.1.2).
constexpr int kMostStreams = 1024;
// A TLS connection is made anew after this long, so that a certificate that has
// expired meanwhile is of no use any more. Calls that run end in peace.
constexpr int kLongestTlsConnectionMs = 3'600'000;
constexpr char kUnixScheme[] = "unix:";
// unix(7): sun_path, with the null byte at its end.
constexpr size_t kLongestSocketPath = sizeof(sockaddr_un::sun_path) - 1;

absl::Status CheckSocketPath(absl::string_view address) {
  if (!absl::ConsumePrefix(&address, kUnixScheme) ||
      address.size() <= kLongestSocketPath) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat(address,
                   " is too long for a Unix socket, whose path has at "
                   "most ",
                   kLongestSocketPath, " bytes"));
}

}  // namespace

Server::Server(std::unique_ptr<grpc::Server> server, std::string address)
    : server_(std::move(server)), address_(std::move(address)) {}

Server::~Server() { Shutdown(absl::ZeroDuration()); }

void Server::Shutdown(absl::Duration grace) {
  server_->Shutdown(std::chrono::system_clock::now() +
                    absl::ToChronoMilliseconds(grace));
}

absl::StatusOr<std::unique_ptr<Server>> StartServer(
    const std::string& address, const std::vector<grpc::Service*>& services,
    const ServerSecurity& security) {
  const bool encrypted = !security.tls.cert.empty();
  if (!encrypted) {
    KSO_RETURN_IF_ERROR(CheckPlaintext(
        address, security.insecure_plaintext,
        "give the server a certificate (--tls-cert, --tls-key)"));
  }
  KSO_RETURN_IF_ERROR(CheckSocketPath(address));
  KSO_ASSIGN_OR_RETURN(
      const std::shared_ptr<grpc::ServerCredentials> credentials,
      MakeServerCredentials(security.tls, security.gate));
  grpc::ServerBuilder builder;
  builder.SetResourceQuota(grpc::ResourceQuota("server")
                               .Resize(kMostBytes)
                               .SetMaxThreads(kMostThreads));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kLongestIdleMs);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             kHandshakeMs);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMostStreams);
  if (encrypted) {
    builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS,
                               kLongestTlsConnectionMs);
  }
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.SetMaxSendMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      kShortestPingIntervalMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             kKeepaliveTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  // Two servers that share a port would each get half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  int port = 0;
  builder.AddListeningPort(address, credentials, &port);
  for (grpc::Service* service : services) builder.RegisterService(service);

  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || port == 0) {
    return absl::UnavailableError(absl::StrCat(
        "cannot listen on ", address,
        ": the port is in use, or the address is not one of this machine; "
        "choose another"));
  }
  if (absl::StartsWith(address, kUnixScheme)) {
    return std::make_unique<Server>(std::move(server), address);
  }
  const size_t colon = address.rfind(':');
  return std::make_unique<Server>(
      std::move(server), absl::StrCat(address.substr(0, colon), ":", port));
}

}  // namespace kso::rpc

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RPC_CHANNEL_H_
#define KSO_COMMON_RPC_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/rpc/tls_files.h"
#include "grpcpp/channel.h"
#include "grpcpp/support/status.h"

namespace kso::rpc {

// Blob chunks and plans fit; nothing is allowed to be larger.
inline constexpr int kMaxMessageBytes = 64 << 20;

// Lets a program find a peer soon after that is there again. By itself, gRPC
// looks every 5 s at a connection that is being made and that no call waits for
// (client_channel/backup_poller.cc), so that a worker takes ten seconds to find
// a coordinator that comes a moment after it. Programs call this first in main:
// before any channel and any other thread.
void ReconnectSoon();

// How a client protects its calls, and proves who it is.
struct ChannelSecurity {
  // `ca` turns TLS on: only a server whose certificate comes from there and
  // names the host of the address is spoken to. `cert` and `key` are the
  // client's own.
  TlsFiles tls{};
  // Sent with every call. Empty: none.
  std::string token{};
  // Plain text may go to other machines, a token too.
  bool insecure_plaintext = false;
};

// A channel to "HOST:PORT" or "unix:PATH", with keepalive, message bounds and
// quick reconnects. Replaced TLS files are in use for connections that are made
// kTlsReloadSeconds later. INVALID_ARGUMENT for plain text to another machine,
// and for a certificate without `ca`; the errors of CheckTlsFiles.
absl::StatusOr<std::shared_ptr<grpc::Channel>> CreateSecureChannel(
    const std::string& address, const ChannelSecurity& security);

// The same in plain text, wherever the address is: for tests.
std::shared_ptr<grpc::Channel> CreateChannel(const std::string& address);

// The same codes and messages, in both directions.
absl::Status FromGrpc(const grpc::Status& status);
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace kso::rpc

#endif  // KSO_COMMON_RPC_CHANNEL_H_

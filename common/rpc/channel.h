// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RPC_CHANNEL_H_
#define KSO_COMMON_RPC_CHANNEL_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
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

// A channel to "HOST:PORT" with keepalive, message bounds and quick reconnects.
std::shared_ptr<grpc::Channel> CreateChannel(const std::string& address);

// The same codes and messages, in both directions.
absl::Status FromGrpc(const grpc::Status& status);
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace kso::rpc

#endif  // KSO_COMMON_RPC_CHANNEL_H_

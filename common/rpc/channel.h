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

// A channel to "HOST:PORT" with keepalive, message bounds and quick reconnects.
std::shared_ptr<grpc::Channel> CreateChannel(const std::string& address);

// The same codes and messages, in both directions.
absl::Status FromGrpc(const grpc::Status& status);
grpc::Status ToGrpc(const absl::Status& status);

}  // namespace kso::rpc

#endif  // KSO_COMMON_RPC_CHANNEL_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RPC_CONNECTION_TROUBLE_H_
#define KSO_COMMON_RPC_CONNECTION_TROUBLE_H_

#include "absl/status/status.h"

namespace kso::rpc {

// An error of a call, as a client says it to a person. Where gRPC itself tells
// why there is no connection (UNAVAILABLE), that is said without the address,
// which the caller knows, in words that say what to look at; likewise where an
// HTTP server that is no gRPC server has answered, which becomes UNAVAILABLE.
// Any other error is returned as it is, also one of the coordinator's own that
// speaks of timeouts or connections. The flags are those of ksoctl and
// kso-worker.
absl::Status ExplainConnection(const absl::Status& status);

}  // namespace kso::rpc

#endif  // KSO_COMMON_RPC_CONNECTION_TROUBLE_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RPC_CALL_GATE_H_
#define KSO_COMMON_RPC_CALL_GATE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "grpcpp/server_context.h"

namespace kso::rpc {

// Something that proves who makes a call.
struct CallProof {
  // The value of the metadata "authorization"; empty where there is none.
  std::string authorization;
  // There are several values of it. No client of gRPC sends them by itself, and
  // readers that take another one of them would see another caller.
  bool several_authorizations = false;
  // The peer showed a certificate, which TLS has verified; the URIs are among
  // its names.
  bool has_certificate = false;
  std::vector<std::string> uris;
  // That certificate, in PEM.
  std::string certificate;
  // The peer's address, "192.0.2.7:41234" or "unix". gRPC does not tell a gate
  // of it: empty there.
  std::string remote;
};

// The proof of a call whose handler runs.
CallProof ProofOf(const grpc::ServerContextBase& context);

// Stands in front of every method of a server: a call that is not admitted
// reaches no handler, whatever its kind. Thread safe.
class CallGate {
 public:
  virtual ~CallGate() = default;

  // Any error ends the call with it. `method` is
  // "/kso.v1.BuildService/GetBuild" as the client wrote it. Called on gRPC's
  // own threads, so it must not wait.
  virtual absl::Status Admit(std::string_view method,
                             const CallProof& proof) = 0;
};

}  // namespace kso::rpc

#endif  // KSO_COMMON_RPC_CALL_GATE_H_

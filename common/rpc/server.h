// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RPC_SERVER_H_
#define KSO_COMMON_RPC_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/rpc/call_gate.h"
#include "common/rpc/tls_files.h"
#include "grpcpp/impl/service_type.h"
#include "grpcpp/server.h"

namespace kso::rpc {

// A gRPC server that is listening. Shuts down when it goes; the services must
// outlive it. Thread safe.
class Server {
 public:
  Server(std::unique_ptr<grpc::Server> server, std::string address);
  ~Server();

  // "HOST:PORT" with the real port.
  const std::string& address() const { return address_; }

  // Takes no new calls, gives those that run `grace` to end, then cancels them,
  // and returns when all have ended. Calls that are parked must be ended by
  // their service. Does nothing the second time.
  void Shutdown(absl::Duration grace);

 private:
  const std::unique_ptr<grpc::Server> server_;
  const std::string address_;
};

// How a server is protected.
struct ServerSecurity {
  // TLS where there is a certificate; `ca` verifies those of clients.
  TlsFiles tls{};
  // Plain text is served on addresses of other machines, too.
  bool insecure_plaintext = false;
  // Admits calls. Null lets everybody do everything, as tests want.
  std::shared_ptr<CallGate> gate{};
};

// Serves `services` on "HOST:PORT", where port 0 picks a free one, or on
// "unix:PATH". Fits the channels of CreateChannel: their message bounds and
// keepalive. UNAVAILABLE when it cannot listen there, such as when the port is
// in use; INVALID_ARGUMENT for plain text off this machine; the errors of
// CheckTlsFiles.
absl::StatusOr<std::unique_ptr<Server>> StartServer(
    const std::string& address, const std::vector<grpc::Service*>& services,
    const ServerSecurity& security = {});

}  // namespace kso::rpc

#endif  // KSO_COMMON_RPC_SERVER_H_

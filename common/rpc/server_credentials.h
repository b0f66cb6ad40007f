// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_RPC_SERVER_CREDENTIALS_H_
#define KSO_COMMON_RPC_SERVER_CREDENTIALS_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/rpc/call_gate.h"
#include "common/rpc/tls_files.h"
#include "grpcpp/security/server_credentials.h"

namespace kso::rpc {

// Credentials for a server's port. With a certificate in `files` the port
// speaks TLS 1.3, reads replaced files within kTlsReloadSeconds, and with
// `files.ca` verifies client certificates; a client may still show none, which
// is for the gate to judge. Without a certificate it speaks plain text. `gate`
// may be null, and lives as long as the server needs it.
//
// gRPC's C++ credentials have a gate (AuthMetadataProcessor) only for TLS, so
// both kinds are made of the C interface here (grpc/grpc_security.h).
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MakeServerCredentials(
    const TlsFiles& files, std::shared_ptr<CallGate> gate);

}  // namespace kso::rpc

#endif  // KSO_COMMON_RPC_SERVER_CREDENTIALS_H_

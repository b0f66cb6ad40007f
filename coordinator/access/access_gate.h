// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_ACCESS_GATE_H_
#define KSO_COORDINATOR_ACCESS_ACCESS_GATE_H_

#include <memory>

#include "absl/status/statusor.h"
#include "common/rpc/call_gate.h"
#include "coordinator/access/audit_log.h"
#include "coordinator/access/authenticator.h"

namespace kso::coordinator {

// The objects behind all doors: gRPC's, the pages', the metrics'. Both outlive
// whoever is given them. A value type.
struct Doors {
  const Authenticator* authenticator;
  AuditLog* audit;
  // The operator said --insecure-plaintext, and the farm serves other machines
  // so: each page and `ksoctl version` say it.
  bool plaintext_to_others = false;
};

// The doors of a farm without identities that remembers no deeds, for tests and
// tools.
Doors OpenDoors();

// The check in front of every RPC: by the table of method_roles.h and the
// caller's identity. What it refuses is in the audit log. UNIMPLEMENTED for a
// method that is not in the table.
std::shared_ptr<rpc::CallGate> CreateAccessGate(const Doors& doors);

// The identity behind `proof`; the error of Authenticator::Identify, or that
// the metadata "authorization" is no bearer token.
absl::StatusOr<Principal> PrincipalOf(const Authenticator& authenticator,
                                      const rpc::CallProof& proof);

// The caller of a method that the gate has admitted, with its address. "nobody"
// where the proof has become invalid since.
Principal CallerOf(const Authenticator& authenticator,
                   const grpc::ServerContextBase& context);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_ACCESS_GATE_H_

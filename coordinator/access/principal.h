// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_PRINCIPAL_H_
#define KSO_COORDINATOR_ACCESS_PRINCIPAL_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/access/role.h"

namespace kso::coordinator {

// The way in which a principal was identified.
enum class IdentifiedBy {
  // Not at all: the call may do only what is open to everybody, such as
  // joining with a one-time token.
  kNothing,
  // No identity is configured, and only loopback is served: everybody who
  // reaches the coordinator operates it.
  kOpenFarm,
  // The URI in a client certificate that --client-ca verifies.
  kCertificate,
  // A bearer token of `ksoctl tokens`.
  kToken,
  // A pipeline's OpenID Connect token.
  kOidc,
};

// "nobody", "open farm", "certificate", "token", "oidc"; for the audit log.
std::string_view IdentifiedByName(IdentifiedBy how);

// The identity that a call acts under. A value type.
struct Principal {
  // The name for people: that of the certificate or token; "local" on an open
  // farm, "nobody" where there is no identity. In the grammar of identities
  // (common/access/identity_uri.h), but for OIDC subjects, which are printable
  // text.
  std::string name = "nobody";
  access::RoleSet roles;
  IdentifiedBy how = IdentifiedBy::kNothing;
  // Tells two identities of one name apart: the SPIFFE ID, the token's
  // id, or the OIDC issuer and subject. Empty otherwise. Never a secret.
  std::string id;
  // The peer's address as text: "192.0.2.7:41234", "unix". Empty where it is
  // not known.
  std::string remote;
};

// The names of its roles and of those that they imply.
std::vector<std::string> RoleNames(const Principal& principal);

// Checks that `principal` has one of the roles that `asked` names. `deed` is
// for the message: "SubmitBuild", "GET /metrics". UNAUTHENTICATED when there is
// no identity, PERMISSION_DENIED when it has other roles; both say what to do.
// Programs and pages map the first to HTTP 401 and the second to 403.
absl::Status CheckRoles(const Principal& principal, access::RoleSet asked,
                        std::string_view deed);

// Checks that `principal` may act as the worker `name`: PERMISSION_DENIED
// unless that is its own name, or the farm is open.
absl::Status CheckWorkerName(const Principal& principal, std::string_view name);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_PRINCIPAL_H_

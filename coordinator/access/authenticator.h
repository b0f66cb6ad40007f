// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_AUTHENTICATOR_H_
#define KSO_COORDINATOR_ACCESS_AUTHENTICATOR_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "coordinator/access/principal.h"

namespace kso::coordinator {

// The proof of identity that comes with a call or a request.
struct Evidence {
  // The token of "Authorization: Bearer TOKEN", or of the page's cookie,
  // without the word before it. Empty: none was shown.
  std::string_view bearer;
  // The URI names of the client certificate, whose chain TLS has verified
  // against --client-ca. Empty where no certificate was shown, and
  // `has_certificate` tells that from one without such names.
  std::vector<std::string> uris;
  bool has_certificate = false;
  // That certificate, in PEM.
  std::string_view certificate{};
  // The peer's address, which becomes Principal::remote.
  std::string_view remote;
};

// Tells who a caller is. One object decides for gRPC, pages, JSON and metrics,
// so that all doors have the same key:
//
//   const StatusOr<Principal> who = authenticator.Identify(evidence);
//   if (!who.ok()) ...                           // HTTP 401; and audit it
//   const Status status = CheckRoles(*who, {Role::kView}, "GET /metrics");
//   if (!status.ok()) ...                        // 401 or 403; and audit it
//
// Thread safe, never waits for a disk or the network, and takes microseconds.
class Authenticator {
 public:
  virtual ~Authenticator() = default;

  // The identity that the evidence proves. A bearer token goes before a
  // certificate, so that an admin's machine may act with less. No evidence at
  // all is the principal "nobody", without roles; on an open farm it is
  // "local", an admin. UNAUTHENTICATED for evidence that proves nothing: an
  // unknown, expired or revoked token, a certificate that is revoked or of
  // another trust domain.
  // The message never shows the token.
  virtual absl::StatusOr<Principal> Identify(
      const Evidence& evidence) const = 0;

  // Returns whether no identity is configured: neither --client-ca nor a token
  // nor another source. Whoever reaches an open farm is its admin, so it serves
  // loopback only, unless the operator asked for something else in so many
  // words. Turns false with the first token, without a restart.
  virtual bool open() const = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_AUTHENTICATOR_H_

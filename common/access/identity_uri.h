// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_ACCESS_IDENTITY_URI_H_
#define KSO_COMMON_ACCESS_IDENTITY_URI_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/access/role.h"

namespace kso::access {

// The identity that a certificate holds: the one URI among its subject
// alternative names, a SPIFFE ID of this form,
//
//   spiffe://TRUST-DOMAIN/kso/ROLE/NAME
//   spiffe://farm/kso/work/box-1
//   spiffe://farm/kso/submit/alice
//
// ROLE is one of the four words of role.h, since roles imply others. NAME is,
// for `work`, the only name under which that worker may sync. A SPIFFE ID has
// neither query nor fragment, and X.509 certificates carry exactly one (SPIFFE
// ID and X509-SVID specifications, sections 2 and 2).
struct IdentityUri {
  std::string trust_domain;
  Role role = Role::kView;
  std::string name;

  friend bool operator==(const IdentityUri&, const IdentityUri&) = default;
};

// The trust domain of farms that do not name another one (--trust-domain).
inline constexpr std::string_view kDefaultTrustDomain = "farm";

// The names of identities: 1 to 64 of [A-Za-z0-9._-], which is a SPIFFE path
// segment, and neither "." nor "..". A certificate has the name as its common
// name too, which is not longer (RFC 5280, appendix A.1, ub-common-name).
// INVALID_ARGUMENT says so.
absl::Status CheckIdentityName(std::string_view name);
// The same for 1 to 255 of [a-z0-9._-].
absl::Status CheckTrustDomain(std::string_view domain);

// The URI for a certificate to be made. INVALID_ARGUMENT when its name or trust
// domain breaks the rules above.
absl::StatusOr<std::string> FormatIdentityUri(const IdentityUri& identity);

// Reads one URI. INVALID_ARGUMENT when it is of another form.
absl::StatusOr<IdentityUri> ParseIdentityUri(std::string_view uri);

// The identity of a certificate whose chain has been verified, with all its URI
// names. UNAUTHENTICATED, with the reason, when they are not exactly one
// identity of `trust_domain`.
absl::StatusOr<IdentityUri> IdentityOfCertificate(
    const std::vector<std::string>& uris, std::string_view trust_domain);

}  // namespace kso::access

#endif  // KSO_COMMON_ACCESS_IDENTITY_URI_H_

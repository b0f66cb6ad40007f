// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_PKI_SPIFFE_ID_H_
#define KSO_COMMON_PKI_SPIFFE_ID_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kso::pki {

// The identity that a certificate states in its only URI SAN, in SPIFFE's form
// (SPIFFE-ID.md, section 2; X509-SVID.md, section 2):
//
//     spiffe://TRUST-DOMAIN/ROLE/NAME
//
// such as "spiffe://kso/work/box-1". `role` is the word of one of the roles
// (view, submit, work, admin), or kCoordinatorRole. Which words are roles, and
// what each may do, is the coordinator's to say: this is the form only.
struct SpiffeId {
  std::string trust_domain;
  std::string role;
  std::string name;

  bool operator==(const SpiffeId&) const = default;
};

// The trust domain where nobody chose another.
inline constexpr std::string_view kDefaultTrustDomain = "kso";
// What stands in the place of a role for the coordinator's own certificate. It
// gives no rights.
inline constexpr std::string_view kCoordinatorRole = "coordinator";
// The role of workers' certificates.
inline constexpr std::string_view kWorkerRole = "work";

// The longest name of an identity: it is the certificate's common name too
// (RFC 5280, appendix A.1, ub-common-name).
inline constexpr size_t kLongestIdentityName = 64;

// Returns whether `name` can be the name of an identity: 1 to 64 of SPIFFE's
// letters, digits, '.', '-' and '_', and neither "." nor "..". So a name can be
// part of a path and of a line of a log as it is.
bool IsIdentityName(std::string_view name);

// The same as an error for people: "'NAME' is no name for WHAT: ...".
absl::Status CheckIdentityName(std::string_view name, std::string_view what);

// INVALID_ARGUMENT for whatever is not exactly of the form above: no port, user
// info, query, fragment, percent coding, upper case in scheme or trust domain,
// empty segment, and no segment more or less.
absl::StatusOr<SpiffeId> ParseSpiffeId(std::string_view uri);

// The URI; INVALID_ARGUMENT where a part breaks the grammar. What it returns,
// ParseSpiffeId takes.
absl::StatusOr<std::string> FormatSpiffeId(const SpiffeId& id);

}  // namespace kso::pki

#endif  // KSO_COMMON_PKI_SPIFFE_ID_H_

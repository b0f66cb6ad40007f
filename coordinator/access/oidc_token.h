// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_OIDC_TOKEN_H_
#define KSO_COORDINATOR_ACCESS_OIDC_TOKEN_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/pki/jws_signature.h"
#include "common/text/json.h"

namespace kso::coordinator {

// The largest token that is looked at.
inline constexpr size_t kLargestOidcToken = size_t{16} << 10;

// A JSON Web Token in its compact form (RFC 7519; RFC 7515, section 7.1) that
// was read. Nothing in it is to be believed before its signature was verified.
struct OidcToken {
  pki::JwsAlgorithm algorithm;
  std::string key_id;
  Json claims;
  // The bytes that are signed, and the signature. The first points into the
  // text.
  std::string_view signed_bytes;
  std::string signature;
};

// Returns whether `text` has the form of a token: three parts between dots, of
// which the first begins as base64url of a JSON object does.
bool LooksLikeOidcToken(std::string_view text);

// Reads a token. UNAUTHENTICATED, with the reason and nothing of the token, for
// one that is too large, is not written as the specifications say, has another
// algorithm than RS256 or ES256, no key id, or a header "crit", which asks for
// extensions (RFC 7515, section 4.1.11).
absl::StatusOr<OidcToken> ParseOidcToken(std::string_view text);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_OIDC_TOKEN_H_

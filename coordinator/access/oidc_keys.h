// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_OIDC_KEYS_H_
#define KSO_COORDINATOR_ACCESS_OIDC_KEYS_H_

#include <map>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/pki/jws_signature.h"

namespace kso::coordinator {

// The keys with which an issuer signs tokens, by key id.
using OidcKeySet = std::map<std::string, pki::JwsKey, std::less<>>;

// The largest key set that is read. Issuers publish a handful of keys.
inline constexpr size_t kLargestKeySet = size_t{256} << 10;

// Reads a JWK set (RFC 7517). Keys for other uses, of other kinds, without an
// id or too weak are passed over, as the section 5 of that RFC asks for;
// symmetric keys are among them. INVALID_ARGUMENT for what is no key set, and
// for one with two keys of one id.
absl::StatusOr<OidcKeySet> ParseKeySet(std::string_view json);

// Decodes base64url without padding (RFC 7515, section 2), strictly: no other
// characters, no length that cannot be, no bits left over. INVALID_ARGUMENT
// otherwise.
absl::StatusOr<std::string> DecodeBase64Url(std::string_view text);

// Finds the key with which a token is said to be signed. Thread safe; waits for
// neither disk nor network.
class OidcKeySource {
 public:
  virtual ~OidcKeySource() = default;

  // NOT_FOUND when the issuer has no key of that id, as far as is known.
  virtual absl::StatusOr<pki::JwsKey> Find(std::string_view key_id) = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_OIDC_KEYS_H_

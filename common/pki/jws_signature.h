// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_PKI_JWS_SIGNATURE_H_
#define KSO_COMMON_PKI_JWS_SIGNATURE_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "common/pki/keys.h"

namespace kso::pki {

// The two signatures of JSON Web Tokens that are accepted (RFC 7518, section
// 3), and the public keys for them. The key is made for one of the two: which
// is verified follows from the key, never from what a token says.

enum class JwsAlgorithm { kRs256, kEs256 };

struct JwsKey {
  JwsAlgorithm algorithm;
  PublicKey key;
};

// A key of RSA from its modulus and exponent, big-endian. INVALID_ARGUMENT for
// fewer than 2048 bits (RFC 7518, section 3.3), more than 8192, and an exponent
// that is even or below 3.
absl::StatusOr<JwsKey> MakeRs256Key(std::string_view modulus,
                                    std::string_view exponent);

// A point of P-256 from its coordinates, of 32 bytes each. INVALID_ARGUMENT for
// one that is not on the curve.
absl::StatusOr<JwsKey> MakeEs256Key(std::string_view x, std::string_view y);

// Returns whether `signature` over `signed_bytes` is by `key`. That of ES256
// has R and S of 32 bytes each (RFC 7518, section 3.4).
bool VerifyJws(const JwsKey& key, std::string_view signed_bytes,
               std::string_view signature);

}  // namespace kso::pki

#endif  // KSO_COMMON_PKI_JWS_SIGNATURE_H_

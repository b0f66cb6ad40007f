// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_PKI_KEYS_H_
#define KSO_COMMON_PKI_KEYS_H_

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace kso::pki {

// The most bytes of a PEM document that is read. A bundle of authorities of a
// large company has some hundred KiB.
inline constexpr size_t kLargestPem = size_t{1} << 20;

// A public key. Cheap to copy; thread safe.
class PublicKey {
 public:
  explicit PublicKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}

  bool operator==(const PublicKey& other) const;

  // Returns whether it is a valid point of the curve P-256, the only kind of
  // key that the farm's own certificates are made for.
  bool IsP256() const;

  // SHA-256 of its DER form (SubjectPublicKeyInfo), in lowercase hex digits.
  absl::StatusOr<std::string> Fingerprint() const;

  // SubjectPublicKeyInfo (RFC 5280).
  absl::StatusOr<std::string> ToPem() const;

  EVP_PKEY* get() const { return key_.get(); }

 private:
  std::shared_ptr<EVP_PKEY> key_;
};

// A private key. Cheap to copy; thread safe. Nothing prints or logs it.
class PrivateKey {
 public:
  // A new key for ECDSA on P-256 (FIPS 186-4), of OpenSSL's random generator.
  static absl::StatusOr<PrivateKey> Generate();

  // Reads a key of any kind that OpenSSL knows, which may be an authority's
  // that somebody else made. INVALID_ARGUMENT without anything of the text,
  // also for a key that is encrypted: nothing asks for a pass phrase.
  static absl::StatusOr<PrivateKey> FromPem(std::string_view pem);

  // PKCS #8 (RFC 5958), not encrypted.
  absl::StatusOr<std::string> ToPem() const;

  PublicKey public_key() const { return PublicKey(key_); }
  EVP_PKEY* get() const { return key_.get(); }

 private:
  explicit PrivateKey(std::shared_ptr<EVP_PKEY> key) : key_(std::move(key)) {}

  std::shared_ptr<EVP_PKEY> key_;
};

}  // namespace kso::pki

#endif  // KSO_COMMON_PKI_KEYS_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_PKI_SIGNER_H_
#define KSO_COMMON_PKI_SIGNER_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kso::pki {

// Signs with a private key that never leaves where it is kept. May be called
// from any thread.
class Signer {
 public:
  virtual ~Signer() = default;

  // The signature of `bytes`: ECDSA over their SHA-256, in DER (RFC 3279,
  // section 2.2.3), as cosign makes it; RSA keys sign by PKCS #1 v1.5, and
  // Ed25519 ones the bytes themselves.
  virtual absl::StatusOr<std::string> Sign(std::string_view bytes) = 0;
};

// The key at `uri`, which OpenSSL's store reads: a file of PEM, by its path, or
// what a provider knows, such as "pkcs11:token=farm;object=release" where
// openssl.cnf loads the provider. `passphrase` is for keys that are encrypted,
// and PINs. Errors do not show it.
absl::StatusOr<std::unique_ptr<Signer>> CreateKeySigner(
    const std::string& uri, const std::string& passphrase);

// A program that signs: it is given the path of a file with the bytes, and
// writes the signature to its standard output, in base64, within 30 s.
// `command` is its path or name; it is run without a shell.
absl::StatusOr<std::unique_ptr<Signer>> CreateCommandSigner(
    const std::string& command);

// OK when `signature` is that of `bytes` by the key whose public half is
// `public_key`, in PEM. INVALID_ARGUMENT for what is no key; DATA_LOSS when the
// signature is another.
absl::Status VerifySignature(std::string_view public_key,
                             std::string_view bytes,
                             std::string_view signature);

// The name of a public key in PEM for people: "sha256:HEX", the digest of its
// DER form (SubjectPublicKeyInfo), as `openssl pkey -pubin -outform DER |
// sha256sum` prints it. INVALID_ARGUMENT for what is no key.
absl::StatusOr<std::string> PublicKeyName(std::string_view public_key);

}  // namespace kso::pki

#endif  // KSO_COMMON_PKI_SIGNER_H_

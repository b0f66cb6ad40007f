// SPDX-License-Identifier: Apache-2.0
#include "common/pki/keys.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>

#include "absl/strings/escaping.h"
#include "common/pki/openssl_handles.h"

namespace kso::pki {
namespace {

// Stands in for the question for a pass phrase, which would block on a
// terminal: there is none.
int NoPassPhrase(char*, int, int, void*) { return -1; }

}  // namespace

bool PublicKey::operator==(const PublicKey& other) const {
  return EVP_PKEY_eq(key_.get(), other.key_.get()) == 1;
}

bool PublicKey::IsP256() const {
  std::array<char, 64> group = {};
  size_t length = 0;
  if (EVP_PKEY_get_base_id(key_.get()) != EVP_PKEY_EC ||
      EVP_PKEY_get_group_name(key_.get(), group.data(), group.size(),
                              &length) != 1 ||
      std::string_view(group.data(), length) != SN_X9_62_prime256v1) {
    ERR_clear_error();
    return false;
  }
  const UniqueKeyContext context(EVP_PKEY_CTX_new(key_.get(), nullptr));
  const bool valid =
      context != nullptr && EVP_PKEY_public_check(context.get()) == 1;
  ERR_clear_error();
  return valid;
}

absl::StatusOr<std::string> PublicKey::Fingerprint() const {
  unsigned char* der = nullptr;
  const int size = i2d_PUBKEY(key_.get(), &der);
  if (size <= 0) return CryptoError("write a public key");
  std::array<unsigned char, EVP_MAX_MD_SIZE> hash = {};
  unsigned int hash_size = 0;
  const int hashed = EVP_Digest(der, static_cast<size_t>(size), hash.data(),
                                &hash_size, EVP_sha256(), nullptr);
  OPENSSL_free(der);
  if (hashed != 1) return CryptoError("hash a public key");
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash.data()), hash_size));
}

absl::StatusOr<std::string> PublicKey::ToPem() const {
  const UniqueBio bio = MemoryBio();
  if (bio == nullptr || PEM_write_bio_PUBKEY(bio.get(), key_.get()) != 1) {
    return CryptoError("write a public key");
  }
  return ContentOf(bio.get());
}

absl::StatusOr<PrivateKey> PrivateKey::Generate() {
  UniqueKey key(EVP_EC_gen("P-256"));
  if (key == nullptr) return CryptoError("make a key");
  return PrivateKey(std::shared_ptr<EVP_PKEY>(std::move(key)));
}

absl::StatusOr<PrivateKey> PrivateKey::FromPem(std::string_view pem) {
  const UniqueBio bio =
      ReadingBio(pem.size() > kLargestPem ? std::string_view() : pem);
  UniqueKey key(
      bio == nullptr
          ? nullptr
          : PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassPhrase, nullptr));
  ERR_clear_error();
  if (key == nullptr) {
    return absl::InvalidArgumentError(
        "not a private key in PEM without a pass phrase");
  }
  return PrivateKey(std::shared_ptr<EVP_PKEY>(std::move(key)));
}

absl::StatusOr<std::string> PrivateKey::ToPem() const {
  const UniqueBio bio = MemoryBio();
  if (bio == nullptr ||
      PEM_write_bio_PKCS8PrivateKey(bio.get(), key_.get(), nullptr, nullptr, 0,
                                    nullptr, nullptr) != 1) {
    return CryptoError("write a key");
  }
  return ContentOf(bio.get());
}

}  // namespace kso::pki

// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/hash.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"

namespace kso::upstream {
namespace {

std::string Sha256Bytes(std::string_view data) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(data.data(), data.size(), digest, &size, EVP_sha256(), nullptr);
  return std::string(reinterpret_cast<char*>(digest), size);
}

std::string Hex(std::string_view bytes) {
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

}  // namespace

std::string Sha256Hex(std::string_view data) { return Hex(Sha256Bytes(data)); }

std::string Sha256Digest(std::string_view data) {
  return absl::StrCat("sha256:", Sha256Hex(data));
}

std::string HmacSha256Hex(std::string_view key, std::string_view data) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  HMAC(EVP_sha256(), key.data(), static_cast<int>(key.size()),
       reinterpret_cast<const unsigned char*>(data.data()), data.size(), digest,
       &size);
  return Hex(std::string_view(reinterpret_cast<char*>(digest), size));
}

uint64_t SeedOf(std::string_view text) {
  uint64_t seed = 0;
  for (unsigned char byte : Sha256Bytes(text).substr(0, 8)) {
    seed = seed << 8 | byte;
  }
  return seed;
}

}  // namespace kso::upstream

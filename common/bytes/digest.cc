// SPDX-License-Identifier: Apache-2.0
#include "common/bytes/digest.h"

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "common/base/strings.h"

namespace kso {
namespace {

constexpr std::string_view kSha256Name = "sha256";
constexpr std::string_view kSha512Name = "sha512";

bool IsLowercaseHex(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
}

absl::Status BadDigest(std::string_view text, std::string_view reason) {
  return absl::InvalidArgumentError(
      Concat("\"", absl::CHexEscape(ToAbsl(text.substr(0, 160))),
             "\" is not a digest: ", reason));
}

// libcrypto only fails here when it is broken or out of memory, and a digest
// that may be wrong must never be handed out.
void CheckCrypto(int result) {
  if (result != 1) std::abort();
}

}  // namespace

absl::StatusOr<Digest> Digest::Parse(std::string_view text) {
  const size_t colon = text.find(':');
  if (colon == std::string_view::npos) {
    return BadDigest(text, "write ALGORITHM:HEX");
  }
  const std::string_view name = text.substr(0, colon);
  const std::string_view hex = text.substr(colon + 1);
  Algorithm algorithm;
  size_t length;
  if (name == kSha256Name) {
    algorithm = Algorithm::kSha256;
    length = 64;
  } else if (name == kSha512Name) {
    algorithm = Algorithm::kSha512;
    length = 128;
  } else {
    return BadDigest(text, "the algorithm must be sha256 or sha512");
  }
  if (hex.size() != length || !IsLowercaseHex(hex)) {
    return BadDigest(text,
                     Concat(name, " takes ", length, " lowercase hex digits"));
  }
  return Digest(algorithm, std::string(hex));
}

std::string_view Digest::algorithm_name() const {
  return algorithm_ == Algorithm::kSha256 ? kSha256Name : kSha512Name;
}

std::string Digest::ToString() const {
  return Concat(algorithm_name(), ":", hex_);
}

struct Hasher::Context {
  struct Free {
    void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
  };
  std::unique_ptr<EVP_MD_CTX, Free> evp{EVP_MD_CTX_new()};
};

Hasher::Hasher(Digest::Algorithm algorithm)
    : algorithm_(algorithm), context_(std::make_unique<Context>()) {
  const EVP_MD* kind =
      algorithm == Digest::Algorithm::kSha256 ? EVP_sha256() : EVP_sha512();
  CheckCrypto(EVP_DigestInit_ex(context_->evp.get(), kind, nullptr));
}

Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::Update(std::string_view bytes) {
  CheckCrypto(
      EVP_DigestUpdate(context_->evp.get(), bytes.data(), bytes.size()));
}

Digest Hasher::Finish() {
  std::array<unsigned char, EVP_MAX_MD_SIZE> raw;
  unsigned int size = 0;
  CheckCrypto(EVP_DigestFinal_ex(context_->evp.get(), raw.data(), &size));
  return Digest(algorithm_,
                absl::BytesToHexString(absl::string_view(
                    reinterpret_cast<const char*>(raw.data()), size)));
}

Digest Sha256Of(std::string_view bytes) {
  Hasher hasher;
  hasher.Update(bytes);
  return hasher.Finish();
}

}  // namespace kso

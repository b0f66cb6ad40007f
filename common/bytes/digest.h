// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BYTES_DIGEST_H_
#define KSO_COMMON_BYTES_DIGEST_H_

#include <compare>  // IWYU pragma: keep
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

namespace kso {

// A checked content digest: "sha256:<64 hex>" or "sha512:<128 hex>", lowercase
// (OCI image spec, descriptor.md, section "Digests"). Because only Parse and
// Hasher make one, a Digest is always safe in a path or a URL.
class Digest {
 public:
  enum class Algorithm { kSha256, kSha512 };

  // INVALID_ARGUMENT when `text` is not of the grammar above.
  static absl::StatusOr<Digest> Parse(std::string_view text);

  Algorithm algorithm() const { return algorithm_; }
  // "sha256" or "sha512".
  std::string_view algorithm_name() const;
  const std::string& hex() const { return hex_; }
  std::string ToString() const;

  friend auto operator<=>(const Digest&, const Digest&) = default;

  template <typename H>
  friend H AbslHashValue(H state, const Digest& digest) {
    return H::combine(std::move(state), digest.algorithm_, digest.hex_);
  }

 private:
  friend class Hasher;
  Digest(Algorithm algorithm, std::string hex)
      : algorithm_(algorithm), hex_(std::move(hex)) {}

  Algorithm algorithm_;
  std::string hex_;
};

// Hashes a stream of bytes. Not thread safe.
class Hasher {
 public:
  explicit Hasher(Digest::Algorithm algorithm = Digest::Algorithm::kSha256);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;

  void Update(std::string_view bytes);
  // Ends the stream; call once.
  Digest Finish();

 private:
  struct Context;
  Digest::Algorithm algorithm_;
  std::unique_ptr<Context> context_;
};

// The sha256 of `bytes`.
Digest Sha256Of(std::string_view bytes);

}  // namespace kso

#endif  // KSO_COMMON_BYTES_DIGEST_H_

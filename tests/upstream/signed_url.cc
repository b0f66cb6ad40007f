// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/signed_url.h"

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/upstream/hash.h"

namespace kso::upstream {
namespace {

std::string Signature(std::string_view key, std::string_view path,
                      std::string_view expires) {
  return HmacSha256Hex(
      key, absl::StrCat(std::string(path), "\n", std::string(expires)));
}

}  // namespace

std::string SignQuery(std::string_view key, std::string_view path,
                      absl::Time expiry) {
  const std::string expires = absl::StrCat(absl::ToUnixSeconds(expiry));
  return absl::StrCat(
      "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Expires=", expires,
      "&X-Amz-Signature=", Signature(key, path, expires));
}

bool IsSigned(std::string_view key, std::string_view path,
              std::string_view expires, std::string_view signature,
              absl::Time now) {
  int64_t seconds = 0;
  return absl::SimpleAtoi(absl::string_view(expires.data(), expires.size()),
                          &seconds) &&
         now < absl::FromUnixSeconds(seconds) &&
         Signature(key, path, expires) == signature;
}

}  // namespace kso::upstream

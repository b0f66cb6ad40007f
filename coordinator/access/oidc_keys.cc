// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/oidc_keys.h"

#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"

namespace kso::coordinator {
namespace {

constexpr size_t kLongestKeyId = 256;

bool IsBase64Url(std::string_view text) {
  for (const char c : text) {
    const bool allowed = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                         (c >= '0' && c <= '9') || c == '-' || c == '_';
    if (!allowed) return false;
  }
  return text.size() % 4 != 1;
}

absl::StatusOr<std::string> BytesAt(const Json& key, std::string_view field) {
  return DecodeBase64Url(StringOf(key, field));
}

// Nothing for a key that is not for these signatures or is not usable.
std::optional<pki::JwsKey> UsableKey(const Json& key) {
  const std::string use = StringOf(key, "use");
  const std::string algorithm = StringOf(key, "alg");
  const std::string kind = StringOf(key, "kty");
  if (!use.empty() && use != "sig") return std::nullopt;
  absl::StatusOr<pki::JwsKey> made = absl::NotFoundError("no usable key");
  if (kind == "RSA" && (algorithm.empty() || algorithm == "RS256")) {
    const auto modulus = BytesAt(key, "n");
    const auto exponent = BytesAt(key, "e");
    if (modulus.ok() && exponent.ok()) {
      made = pki::MakeRs256Key(*modulus, *exponent);
    }
  } else if (kind == "EC" && StringOf(key, "crv") == "P-256" &&
             (algorithm.empty() || algorithm == "ES256")) {
    const auto x = BytesAt(key, "x");
    const auto y = BytesAt(key, "y");
    if (x.ok() && y.ok()) made = pki::MakeEs256Key(*x, *y);
  }
  if (!made.ok()) return std::nullopt;
  return *std::move(made);
}

}  // namespace

absl::StatusOr<std::string> DecodeBase64Url(std::string_view text) {
  std::string bytes;
  if (!IsBase64Url(text) ||
      !absl::WebSafeBase64Unescape(ToAbsl(text), &bytes)) {
    return absl::InvalidArgumentError("not base64url");
  }
  // A last character whose spare bits are set would be a second way to write
  // the same bytes.
  std::string again;
  absl::WebSafeBase64Escape(bytes, &again);
  if (again != text) return absl::InvalidArgumentError("not base64url");
  return bytes;
}

absl::StatusOr<OidcKeySet> ParseKeySet(std::string_view json) {
  KSO_ASSIGN_OR_RETURN(const Json document,
                       ParseJson(json, {.bytes = kLargestKeySet, .depth = 8}));
  KSO_ASSIGN_OR_RETURN(const Json* const keys, FieldOf(document, "keys"));
  if (keys == nullptr || !keys->is_array()) {
    return absl::InvalidArgumentError("no JWK set: it has no list \"keys\"");
  }
  OidcKeySet set;
  for (const Json& key : *keys) {
    const std::string id = StringOf(key, "kid");
    if (id.empty() || id.size() > kLongestKeyId) continue;
    std::optional<pki::JwsKey> usable = UsableKey(key);
    if (!usable) continue;
    if (!set.emplace(id, *std::move(usable)).second) {
      return absl::InvalidArgumentError(
          Concat("the JWK set has two keys '", PrintableText(id, 64), "'"));
    }
  }
  return set;
}

}  // namespace kso::coordinator

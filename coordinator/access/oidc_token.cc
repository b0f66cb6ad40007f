// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/oidc_token.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "coordinator/access/oidc_keys.h"

namespace kso::coordinator {
namespace {

constexpr JsonBounds kBounds = {.bytes = kLargestOidcToken, .depth = 8};
constexpr size_t kLongestKeyId = 256;

absl::Status BadToken(std::string_view reason) {
  return absl::UnauthenticatedError(
      Concat("the OIDC token is not accepted: ", reason));
}

// The JSON object of a part of the token.
absl::StatusOr<Json> ReadPart(absl::string_view part, std::string_view name) {
  const auto bytes = DecodeBase64Url(ToStd(part));
  if (!bytes.ok()) return BadToken(Concat("its ", name, " is not base64url"));
  auto json = ParseJson(*bytes, kBounds);
  if (!json.ok() || !json->is_object()) {
    return BadToken(Concat("its ", name, " is no JSON object that is taken"));
  }
  return json;
}

absl::Status ReadHeader(const Json& header, OidcToken& token) {
  const std::string algorithm = StringOf(header, "alg");
  if (algorithm == "RS256") {
    token.algorithm = pki::JwsAlgorithm::kRs256;
  } else if (algorithm == "ES256") {
    token.algorithm = pki::JwsAlgorithm::kEs256;
  } else {
    return BadToken("its algorithm is neither RS256 nor ES256");
  }
  if (header.contains("crit")) return BadToken("it asks for extensions");
  const std::string type = StringOf(header, "typ");
  if (!type.empty() && !absl::EqualsIgnoreCase(type, "JWT")) {
    return BadToken("it is not of type JWT");
  }
  token.key_id = StringOf(header, "kid");
  if (token.key_id.empty() || token.key_id.size() > kLongestKeyId) {
    return BadToken("it does not say with which key it is signed");
  }
  return absl::OkStatus();
}

}  // namespace

bool LooksLikeOidcToken(std::string_view text) {
  // "{"" in base64.
  return text.starts_with("eyJ") &&
         std::count(text.begin(), text.end(), '.') == 2;
}

absl::StatusOr<OidcToken> ParseOidcToken(std::string_view text) {
  if (text.size() > kLargestOidcToken) return BadToken("it is too large");
  const std::vector<absl::string_view> parts =
      absl::StrSplit(ToAbsl(text), '.');
  if (parts.size() != 3) return BadToken("it has not three parts");
  OidcToken token;
  KSO_ASSIGN_OR_RETURN(const Json header, ReadPart(parts[0], "header"));
  KSO_RETURN_IF_ERROR(ReadHeader(header, token));
  KSO_ASSIGN_OR_RETURN(token.claims, ReadPart(parts[1], "payload"));
  auto signature = DecodeBase64Url(ToStd(parts[2]));
  if (!signature.ok()) return BadToken("its signature is not base64url");
  token.signature = *std::move(signature);
  token.signed_bytes = text.substr(0, text.rfind('.'));
  return token;
}

}  // namespace kso::coordinator

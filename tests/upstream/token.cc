// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/token.h"

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "tests/upstream/hash.h"

namespace kso::upstream {

std::string TokenAuthority::Issue(
    const std::vector<std::string>& scopes) const {
  nlohmann::json claims;
  claims["exp"] = absl::ToUnixMillis(now_() + lifetime_);
  claims["repositories"] = nlohmann::json::array();
  for (const std::string& several : scopes) {
    for (absl::string_view scope :
         absl::StrSplit(several, ' ', absl::SkipEmpty())) {
      if (!absl::ConsumePrefix(&scope, "repository:")) continue;
      const size_t colon = scope.rfind(':');
      if (colon == scope.npos) continue;
      for (absl::string_view action :
           absl::StrSplit(scope.substr(colon + 1), ',')) {
        if (action == "pull") {
          claims["repositories"].push_back(std::string(scope.substr(0, colon)));
        }
      }
    }
  }
  const std::string body = absl::WebSafeBase64Escape(claims.dump());
  return absl::StrCat(body, ".", HmacSha256Hex(key_, body));
}

TokenAuthority::Verdict TokenAuthority::Check(
    std::string_view token, std::string_view repository) const {
  const size_t dot = token.find('.');
  if (dot == token.npos) return Verdict::kInvalid;
  const std::string body(token.substr(0, dot));
  if (HmacSha256Hex(key_, body) != token.substr(dot + 1)) {
    return Verdict::kInvalid;
  }
  std::string text;
  if (!absl::WebSafeBase64Unescape(body, &text)) return Verdict::kInvalid;
  const nlohmann::json claims =
      nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (claims.is_discarded()) return Verdict::kInvalid;
  if (absl::ToUnixMillis(now_()) >= claims["exp"].get<int64_t>()) {
    return Verdict::kExpired;
  }
  if (repository.empty()) return Verdict::kGranted;
  for (const auto& granted : claims["repositories"]) {
    if (granted.get<std::string>() == repository) return Verdict::kGranted;
  }
  return Verdict::kInsufficientScope;
}

}  // namespace kso::upstream

// SPDX-License-Identifier: Apache-2.0
#include "common/pki/spiffe_id.h"

#include <algorithm>

#include "common/base/strings.h"
#include "common/text/printable_text.h"

namespace kso::pki {
namespace {

constexpr std::string_view kScheme = "spiffe://";
constexpr size_t kLongestTrustDomain = 255;
constexpr size_t kMostShown = 200;

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigitOrMark(char c) {
  return (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

bool IsTrustDomain(std::string_view text) {
  return !text.empty() && text.size() <= kLongestTrustDomain &&
         std::all_of(text.begin(), text.end(),
                     [](char c) { return IsLower(c) || IsDigitOrMark(c); });
}

bool IsRoleWord(std::string_view text) {
  return !text.empty() && text.size() <= kLongestIdentityName &&
         std::all_of(text.begin(), text.end(), IsLower);
}

bool IsValid(const SpiffeId& id) {
  return IsTrustDomain(id.trust_domain) && IsRoleWord(id.role) &&
         IsIdentityName(id.name);
}

absl::Status NoIdentity(std::string_view uri) {
  return absl::InvalidArgumentError(
      Concat("'", PrintableText(uri, kMostShown),
             "' is no identity of the form spiffe://TRUST-DOMAIN/ROLE/NAME"));
}

// What is before the next '/', which goes from `rest` too. Without one it is
// all of it.
std::string_view TakeSegment(std::string_view& rest) {
  const size_t slash = rest.find('/');
  const std::string_view segment = rest.substr(0, slash);
  rest.remove_prefix(slash == std::string_view::npos ? rest.size() : slash + 1);
  return segment;
}

}  // namespace

bool IsIdentityName(std::string_view name) {
  return !name.empty() && name.size() <= kLongestIdentityName && name != "." &&
         name != ".." && std::all_of(name.begin(), name.end(), [](char c) {
           return IsLower(c) || IsUpper(c) || IsDigitOrMark(c);
         });
}

absl::Status CheckIdentityName(std::string_view name, std::string_view what) {
  if (IsIdentityName(name)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("'", PrintableText(name, kMostShown), "' is no name for ", what,
             ": take 1 to ", kLongestIdentityName,
             " letters, digits, '.', '-' and '_'"));
}

absl::StatusOr<SpiffeId> ParseSpiffeId(std::string_view uri) {
  if (!uri.starts_with(kScheme)) return NoIdentity(uri);
  std::string_view rest = uri.substr(kScheme.size());
  SpiffeId id;
  id.trust_domain = TakeSegment(rest);
  id.role = TakeSegment(rest);
  // A further '/' stays in the name, whose grammar has none.
  id.name = rest;
  if (!IsValid(id)) return NoIdentity(uri);
  return id;
}

absl::StatusOr<std::string> FormatSpiffeId(const SpiffeId& id) {
  const std::string uri =
      Concat(kScheme, id.trust_domain, "/", id.role, "/", id.name);
  if (!IsValid(id)) return NoIdentity(uri);
  return uri;
}

}  // namespace kso::pki

// SPDX-License-Identifier: Apache-2.0
#include "common/access/identity_uri.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_split.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/text/printable_text.h"

namespace kso::access {
namespace {

constexpr std::string_view kScheme = "spiffe://";
// The path segment that sets kso's identities apart from others of a domain.
constexpr std::string_view kProduct = "kso";
constexpr size_t kLongestName = 64;
constexpr size_t kLongestTrustDomain = 255;
constexpr size_t kShown = 256;

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '.' ||
         c == '_' || c == '-';
}

bool IsTrustDomainCharacter(char c) {
  return IsNameCharacter(c) &&
         !absl::ascii_isupper(static_cast<unsigned char>(c));
}

absl::Status NotAnIdentity(std::string_view uri) {
  return absl::InvalidArgumentError(
      Concat("'", PrintableText(uri, kShown),
             "' is no identity of kso; one has the form "
             "spiffe://TRUST-DOMAIN/kso/ROLE/NAME"));
}

}  // namespace

absl::Status CheckIdentityName(std::string_view name) {
  if (name.empty() || name.size() > kLongestName || name == "." ||
      name == ".." || !std::all_of(name.begin(), name.end(), IsNameCharacter)) {
    return absl::InvalidArgumentError(
        Concat("'", PrintableText(name, kShown),
               "' is no name of an identity; one has 1 to ", kLongestName,
               " letters, digits, '.', '_' and '-'"));
  }
  return absl::OkStatus();
}

absl::Status CheckTrustDomain(std::string_view domain) {
  if (domain.empty() || domain.size() > kLongestTrustDomain ||
      !std::all_of(domain.begin(), domain.end(), IsTrustDomainCharacter)) {
    return absl::InvalidArgumentError(
        Concat("'", PrintableText(domain, kShown),
               "' is no trust domain; one has 1 to ", kLongestTrustDomain,
               " lower-case letters, digits, '.', '_' and '-'"));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> FormatIdentityUri(const IdentityUri& identity) {
  KSO_RETURN_IF_ERROR(CheckTrustDomain(identity.trust_domain));
  KSO_RETURN_IF_ERROR(CheckIdentityName(identity.name));
  return Concat(kScheme, identity.trust_domain, "/", kProduct, "/",
                RoleName(identity.role), "/", identity.name);
}

absl::StatusOr<IdentityUri> ParseIdentityUri(std::string_view uri) {
  if (uri.substr(0, kScheme.size()) != kScheme) return NotAnIdentity(uri);
  const std::vector<std::string> parts =
      absl::StrSplit(ToAbsl(uri.substr(kScheme.size())), '/');
  if (parts.size() != 4 || parts[1] != kProduct) return NotAnIdentity(uri);
  KSO_RETURN_IF_ERROR(CheckTrustDomain(parts[0]));
  KSO_ASSIGN_OR_RETURN(const Role role, ParseRole(parts[2]));
  KSO_RETURN_IF_ERROR(CheckIdentityName(parts[3]));
  return IdentityUri{.trust_domain = parts[0], .role = role, .name = parts[3]};
}

absl::StatusOr<IdentityUri> IdentityOfCertificate(
    const std::vector<std::string>& uris, std::string_view trust_domain) {
  if (uris.size() != 1) {
    return absl::UnauthenticatedError(
        Concat("the certificate names ", uris.size(),
               " URIs where an identity is exactly one; issue it with "
               "`ksoctl certs issue`"));
  }
  const absl::StatusOr<IdentityUri> identity = ParseIdentityUri(uris.front());
  if (!identity.ok()) {
    return absl::UnauthenticatedError(
        Concat("the certificate is of no use here: ",
               ToStd(identity.status().message())));
  }
  if (identity->trust_domain != trust_domain) {
    return absl::UnauthenticatedError(Concat(
        "the certificate belongs to trust domain '", identity->trust_domain,
        "', and this farm is '", trust_domain, "'"));
  }
  return *identity;
}

}  // namespace kso::access

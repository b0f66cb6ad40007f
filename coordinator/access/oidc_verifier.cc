// SPDX-License-Identifier: Apache-2.0
#include "coordinator/access/oidc_verifier.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "common/access/identity_uri.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"
#include "coordinator/access/oidc_token.h"

namespace kso::coordinator {
namespace {

constexpr size_t kLongestSubject = 256;
// The end of the year 9999: later times are not dates (RFC 3339).
constexpr int64_t kLatestTime = 253402300799;

absl::Status BadToken(std::string_view reason) {
  return absl::UnauthenticatedError(
      Concat("the OIDC token is not accepted: ", reason));
}

// A time of the claims, which are seconds since 1970 (RFC 7519, section 2).
absl::StatusOr<std::optional<absl::Time>> TimeAt(const Json& claims,
                                                 std::string_view claim) {
  const auto found = claims.find(std::string(claim));
  if (found == claims.end()) return std::nullopt;
  if (!found->is_number_integer() || *found < 0 || *found > kLatestTime) {
    return BadToken(Concat("its claim ", claim, " is no time"));
  }
  return absl::FromUnixSeconds(found->get<int64_t>());
}

absl::Status CheckTimes(const Json& claims, absl::Time now) {
  KSO_ASSIGN_OR_RETURN(const std::optional<absl::Time> expires,
                       TimeAt(claims, "exp"));
  KSO_ASSIGN_OR_RETURN(const std::optional<absl::Time> issued,
                       TimeAt(claims, "iat"));
  KSO_ASSIGN_OR_RETURN(const std::optional<absl::Time> not_before,
                       TimeAt(claims, "nbf"));
  if (!expires || !issued) {
    return BadToken("it does not say when it was issued and when it expires");
  }
  if (now >= *expires + kOidcClockSkew) {
    return BadToken("it has expired; fetch it right before it is used");
  }
  if (now + kOidcClockSkew < std::max(*issued, not_before.value_or(*issued))) {
    return BadToken(
        "it is of the future; are the clock of this machine and the issuer's "
        "right?");
  }
  if (*expires - *issued > kLongestOidcLife) {
    return BadToken("it lives longer than a day");
  }
  return absl::OkStatus();
}

// RFC 7519, section 4.1.3: one audience, or a list of them.
bool IsFor(const Json& claims, const std::string& audience) {
  const auto found = claims.find("aud");
  if (found == claims.end()) return false;
  if (found->is_array()) {
    return std::find(found->begin(), found->end(), Json(audience)) !=
           found->end();
  }
  return *found == Json(audience);
}

bool Holds(const OidcRule& rule, const Json& claims) {
  return std::all_of(
      rule.claims.begin(), rule.claims.end(), [&claims](const auto& wanted) {
        const auto found = claims.find(wanted.first);
        return found != claims.end() && found->is_string() &&
               std::find(wanted.second.begin(), wanted.second.end(),
                         found->template get<std::string>()) !=
                   wanted.second.end();
      });
}

// Set before what would be the name of a token or a certificate.
constexpr std::string_view kOidcName = "oidc:";

// The name of a subject, which is its issuer's choice: never that of a token or
// a certificate, whose builds, quotas and logins are others', nor what another
// subject becomes here.
std::string NameOf(const std::string& subject) {
  const std::string name = PrintableText(subject, kLongestSubject);
  return access::CheckIdentityName(name).ok() || name.starts_with(kOidcName)
             ? Concat(kOidcName, name)
             : name;
}

// The text that names the identity; empty where the token has none that is
// taken.
std::string NamingText(const OidcIssuer& issuer, const Json& claims,
                       const std::string& subject) {
  if (issuer.name_claim.empty()) return subject;
  const std::string value = StringOf(claims, issuer.name_claim);
  if (value.empty()) return "";
  std::string text = Concat(issuer.name_claim, ":", value);
  return text.size() > kLongestSubject ? "" : text;
}

access::RoleSet RolesOf(const OidcIssuer& issuer, const Json& claims) {
  access::RoleSet roles;
  for (const OidcRule& rule : issuer.rules) {
    if (Holds(rule, claims)) roles.Add(rule.role);
  }
  return roles;
}

}  // namespace

bool OidcVerifier::Recognizes(std::string_view bearer) const {
  return LooksLikeOidcToken(bearer);
}

absl::StatusOr<Principal> OidcVerifier::Identify(
    std::string_view bearer) const {
  KSO_ASSIGN_OR_RETURN(const OidcToken token, ParseOidcToken(bearer));
  const std::string issuer_name = StringOf(token.claims, "iss");
  const auto issuer = std::find_if(issuers_.begin(), issuers_.end(),
                                   [&issuer_name](const Issuer& one) {
                                     return one.config.issuer == issuer_name;
                                   });
  if (issuer == issuers_.end()) {
    return BadToken("this farm does not know its issuer (--oidc-config)");
  }
  const auto key = issuer->keys->Find(token.key_id);
  if (!key.ok()) {
    return BadToken(
        "its issuer publishes no such key; where the issuer has just changed "
        "its keys, try again in a minute");
  }
  if (key->algorithm != token.algorithm ||
      !pki::VerifyJws(*key, token.signed_bytes, token.signature)) {
    return BadToken("its signature is wrong");
  }
  KSO_RETURN_IF_ERROR(CheckTimes(token.claims, clock_->Now()));
  if (!IsFor(token.claims, issuer->config.audience)) {
    return BadToken(
        Concat("it is for another audience; ask for one with the "
               "audience ",
               PrintableText(issuer->config.audience, 200)));
  }
  const std::string subject = StringOf(token.claims, "sub");
  if (subject.empty() || subject.size() > kLongestSubject) {
    return BadToken("it has no subject that is taken");
  }
  Principal principal;
  principal.roles = RolesOf(issuer->config, token.claims);
  if (principal.roles.empty()) {
    return BadToken(Concat("no rule of this farm allows ",
                           PrintableText(subject, kLongestSubject)));
  }
  const std::string naming = NamingText(issuer->config, token.claims, subject);
  if (naming.empty()) {
    return BadToken(
        Concat("it has no claim ",
               PrintableText(issuer->config.name_claim, kLongestSubject),
               " that is taken, which names pipelines here"));
  }
  principal.name = NameOf(naming);
  principal.how = IdentifiedBy::kOidc;
  principal.id =
      Concat(issuer_name, " ", PrintableText(subject, kLongestSubject));
  return principal;
}

}  // namespace kso::coordinator

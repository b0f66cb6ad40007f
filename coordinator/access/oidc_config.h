// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ACCESS_OIDC_CONFIG_H_
#define KSO_COORDINATOR_ACCESS_OIDC_CONFIG_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/access/role.h"

namespace kso::coordinator {

// Tokens whose claims have these values, each one of those listed and compared
// whole, have this role.
struct OidcRule {
  access::Role role = access::Role::kSubmit;
  // Never empty: an issuer like GitHub signs for everybody.
  std::map<std::string, std::vector<std::string>> claims;
};

// An issuer whose tokens are accepted.
struct OidcIssuer {
  // The claim "iss", compared whole.
  std::string issuer;
  // The name that the claim "aud" has to have.
  std::string audience;
  // The place of the issuer's keys; one of the two is set.
  std::string jwks_url;
  std::string jwks_file;
  std::vector<OidcRule> rules;
  // The claim whose value names the identity, "repository:acme/farm", so that
  // all branches of a repository are one, with one quota. Empty: the subject
  // does, of which each branch has its own.
  std::string name_claim = {};
};

struct OidcConfig {
  std::vector<OidcIssuer> issuers;
};

// Reads the file of --oidc-config:
//
//   {"issuers": [{
//      "issuer": "https://token.actions.githubusercontent.com",
//      "audience": "kso",
//      "jwksUrl":
//      "https://token.actions.githubusercontent.com/.well-known/jwks", "allow":
//      [{"role": "submit",
//                 "claims": {"repository": "acme/farm",
//                            "ref": ["refs/heads/main", "refs/tags/v1"]}}]}]}
//
// An issuer may have a "nameClaim", such as "repository". Roles are view and
// submit: no pipeline operates the farm or works for it.
// INVALID_ARGUMENT says what is wrong, also for a key that is not known, since
// a rule with a slip in it would allow more than was meant.
absl::StatusOr<OidcConfig> ParseOidcConfig(std::string_view json);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ACCESS_OIDC_CONFIG_H_

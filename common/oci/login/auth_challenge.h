// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_LOGIN_AUTH_CHALLENGE_H_
#define KSO_COMMON_OCI_LOGIN_AUTH_CHALLENGE_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kso::oci {

// One way to authenticate that a 401 offers (RFC 9110, section 11.6.1).
struct AuthChallenge {
  // In lowercase: "bearer", "basic".
  std::string scheme;
  // Names in lowercase, values unquoted.
  std::map<std::string, std::string, std::less<>> parameters;
};

// Reads the challenges of a WWW-Authenticate header; those that cannot be read
// are left out.
std::vector<AuthChallenge> ParseAuthChallenges(std::string_view header);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_LOGIN_AUTH_CHALLENGE_H_

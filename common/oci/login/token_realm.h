// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_LOGIN_TOKEN_REALM_H_
#define KSO_COMMON_OCI_LOGIN_TOKEN_REALM_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/http/url.h"

namespace kso::oci {

// The hosts that may give out tokens ("auth.example.com"), by registry
// ("registry.example.com:5000").
using TokenRealms = std::map<std::string, std::set<std::string>>;

// Reads "REGISTRY=HOST" settings. INVALID_ARGUMENT says which one is wrong.
absl::StatusOr<TokenRealms> ParseTokenRealms(
    const std::vector<std::string>& settings);

// Returns whether a token may be asked for at `realm`, which the registry at
// `registry` named: at any port of the registry's own host (GitLab), over https
// at the host that a public registry is known to use, or where `more` allows
// it; and never over http when the registry is spoken to over https.
// PERMISSION_DENIED says why not. A registry that could name any realm could
// have logins sent anywhere, and the worker call any host.
absl::Status CheckTokenRealm(const http::Url& registry, const http::Url& realm,
                             const TokenRealms& more);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_LOGIN_TOKEN_REALM_H_

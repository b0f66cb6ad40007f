#ifndef KSO_COMMON_OCI_TOKEN_REALM_H_
#define KSO_COMMON_OCI_TOKEN_REALM_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/http/url.h"

namespace kso::oci {

// Whether a token may be asked for at `realm`, which the registry at `registry`
// named: on the registry's own origin, or over https at the host that a public
// registry is known to use, or at one of `more_hosts` ("auth.example.com"); and
// never over http when the registry is spoken to over https. PERMISSION_DENIED
// says why not. A registry that could name any realm could have logins sent
// anywhere, and the worker call any host.
absl::Status CheckTokenRealm(const http::Url& registry, const http::Url& realm,
                             const std::vector<std::string>& more_hosts);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_TOKEN_REALM_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_REDIRECT_H_
#define KSO_COMMON_HTTP_REDIRECT_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "common/http/url.h"

namespace kso::http {

// Returns whether a status redirects (RFC 9110, section 15.4).
bool IsRedirect(int status);

// Returns whether the request that follows a redirect of `status` is a GET
// without body whatever `method` it was (RFC 9110, section 15.4): always after
// 303, and after 301 and 302 for POST, as all clients do.
bool BecomesGet(int status, std::string_view method);

// The URL that a redirect from `from` leads to. INVALID_ARGUMENT when it is no
// URL, PERMISSION_DENIED when it leads from https to http.
absl::StatusOr<Url> RedirectTarget(const Url& from, std::string_view location);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_REDIRECT_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_SAME_ORIGIN_H_
#define KSO_COORDINATOR_API_SAME_ORIGIN_H_

#include <string_view>

#include "absl/status/status.h"
#include "coordinator/http/message.h"

namespace kso::coordinator {

// The header that requests which change something have. A page of another
// origin cannot send it without being asked for permission first (Fetch
// Standard, CORS preflight), which nobody gives.
inline constexpr std::string_view kActionHeader = "X-Kso-Action";

// Checks that a request which changes something was not made by a page of
// another origin: PERMISSION_DENIED where the browser says so (Sec-Fetch-Site,
// Origin), and where neither the action's header nor an Authorization header is
// there, both of which no such page can send. A body must be JSON, or a form
// with parts where the route `takes_form`: a page of another site can make such
// a form, but cannot add the header to it.
absl::Status CheckSameOrigin(const HttpRequest& request,
                             bool takes_form = false);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_SAME_ORIGIN_H_

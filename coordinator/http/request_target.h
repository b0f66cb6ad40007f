// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_HTTP_REQUEST_TARGET_H_
#define KSO_COORDINATOR_HTTP_REQUEST_TARGET_H_

#include <string_view>

#include "coordinator/http/message.h"

namespace kso::coordinator {

// Reads a request target in origin form (RFC 9112, section 3.2.1) into the
// request's path, segments and query. Returns whether it is one: it begins with
// "/", has only visible characters of ASCII, and each "%" is of a byte that is
// not NUL. "+" in the query is a blank, as in forms.
bool ReadTarget(std::string_view target, HttpRequest& request);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_HTTP_REQUEST_TARGET_H_

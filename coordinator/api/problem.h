// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_PROBLEM_H_
#define KSO_COORDINATOR_API_PROBLEM_H_

#include <string_view>

#include "absl/status/status.h"
#include "coordinator/http/message.h"

namespace kso::coordinator {

// The HTTP status that stands for an error: 400 for INVALID_ARGUMENT, 401 for
// UNAUTHENTICATED, and so on.
int HttpStatusOf(const absl::Status& status);

// An error as application/problem+json (RFC 9457). `detail` says what is wrong
// and what to do.
HttpResponse ProblemResponse(int status, std::string_view detail);
// The same for an error that is not OK. Of several lines, each is a problem of
// its own.
HttpResponse ProblemResponse(const absl::Status& status);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_PROBLEM_H_

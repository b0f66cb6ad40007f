// SPDX-License-Identifier: Apache-2.0
#include "common/http/answer_error.h"

#include <utility>

#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/http/retry_after.h"

namespace kso::http {
namespace {

absl::StatusCode CodeOf(int status) {
  switch (status) {
    case 401:
      return absl::StatusCode::kUnauthenticated;
    case 403:
      return absl::StatusCode::kPermissionDenied;
    case 404:
    case 410:
      return absl::StatusCode::kNotFound;
    case 408:
      return absl::StatusCode::kUnavailable;
    // What a server cannot do at all (501, 505), will not do without an
    // extension (510), or has set up in a circle (506, 508), and a network
    // that wants a login first (511; RFC 6585): the same request will fare no
    // better.
    case 501:
    case 505:
    case 506:
    case 508:
    case 510:
    case 511:
      return absl::StatusCode::kInvalidArgument;
    default:
      return status >= 500 ? absl::StatusCode::kUnavailable
                           : absl::StatusCode::kInvalidArgument;
  }
}

}  // namespace

absl::Status ErrorOfAnswer(const Response& response, std::string_view message,
                           absl::Time now) {
  absl::Status status =
      response.status == kTooManyRequests
          ? Exhausted(Resource::kRateLimit, message)
          : absl::Status(CodeOf(response.status), ToAbsl(message));
  return RetryNotBefore(
      std::move(status),
      RetryAfter(response, now).value_or(absl::ZeroDuration()));
}

}  // namespace kso::http

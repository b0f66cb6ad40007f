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
    // The same request will fare no better where a server cannot do it at all
    // (501, 505), wants an extension for it (510) or goes in a circle (506,
    // 508), or where a network wants a login first (511; RFC 6585).
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

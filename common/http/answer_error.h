// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_ANSWER_ERROR_H_
#define KSO_COMMON_HTTP_ANSWER_ERROR_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/http/transport.h"

namespace kso::http {

// Makes the error that an answer with an unwanted status stands for, with
// `message`: UNAUTHENTICATED (401), PERMISSION_DENIED (403), NOT_FOUND (404,
// 410), RESOURCE_EXHAUSTED (429), UNAVAILABLE (408 and 5xx: worth another try),
// and INVALID_ARGUMENT for the rest, among them the statuses of 5xx that mean
// what a server cannot do (501, 505, 506, 508, 510, 511). The statuses are
// those of RFC 9110, section 15, and RFC 6585. A Retry-After, and that a rate
// limit is exhausted, travel with the error (status_notes.h).
absl::Status ErrorOfAnswer(const Response& response, std::string_view message,
                           absl::Time now);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_ANSWER_ERROR_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_RETRY_AFTER_H_
#define KSO_COMMON_HTTP_RETRY_AFTER_H_

#include <optional>

#include "absl/time/time.h"
#include "common/http/transport.h"

namespace kso::http {

// The Retry-After of an answer (RFC 9110, section 10.2.3), as seconds or as a
// date in any of the three forms of section 5.6.7; never negative. Nothing
// where there is none that can be read.
std::optional<absl::Duration> RetryAfter(const Response& response,
                                         absl::Time now);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_RETRY_AFTER_H_

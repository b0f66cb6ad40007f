// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_RETRY_AFTER_H_
#define KSO_COMMON_HTTP_RETRY_AFTER_H_

#include <optional>

#include "absl/time/time.h"
#include "common/http/transport.h"

namespace kso::http {

// How long a host wants to be left alone, as its Retry-After header says.

// The statuses with which a Retry-After is believed.
inline constexpr int kTooManyRequests = 429;     // RFC 6585, section 4.
inline constexpr int kServiceUnavailable = 503;  // RFC 9110, section 15.6.4.

// No host is believed that it wants to be left alone for longer than this: it
// may be mistaken, or mean harm.
inline constexpr absl::Duration kLongestRetryAfter = absl::Hours(24);

// The Retry-After of an answer (RFC 9110, section 10.2.3), as seconds or as a
// date in any of the three forms of section 5.6.7, or as the Unix time that
// some hosts send in place of seconds; never negative, and cut to
// kLongestRetryAfter. Nothing where there is none that can be read, and for any
// status but 429 and 503, the only errors for which it is defined.
std::optional<absl::Duration> RetryAfter(const Response& response,
                                         absl::Time now);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_RETRY_AFTER_H_

// SPDX-License-Identifier: Apache-2.0
#include "common/http/retry_after.h"

#include <curl/curl.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"

namespace kso::http {
namespace {

// Reads delay-seconds (1*DIGIT) or an HTTP-date.
std::optional<absl::Duration> Parse(const std::string& value, absl::Time now) {
  if (value.empty()) return std::nullopt;
  if (std::all_of(value.begin(), value.end(), absl::ascii_isdigit)) {
    int64_t seconds = 0;
    // A number with more digits than fit is longer than any bound.
    if (!absl::SimpleAtoi(value, &seconds)) return absl::InfiniteDuration();
    // Docker Hub, for one, has sent the Unix time at which to come back. As
    // seconds that is half a century.
    const absl::Duration until = absl::FromUnixSeconds(seconds) - now;
    return absl::AbsDuration(until) <= kLongestRetryAfter
               ? until
               : absl::Seconds(seconds);
  }
  // An HTTP-date begins with the name of a day. libcurl also reads dates that
  // begin with a number.
  if (!absl::ascii_isalpha(static_cast<unsigned char>(value.front()))) {
    return std::nullopt;
  }
  const time_t date = curl_getdate(value.c_str(), nullptr);
  if (date == -1) return std::nullopt;
  return absl::FromTimeT(date) - now;
}

}  // namespace

std::optional<absl::Duration> RetryAfter(const Response& response,
                                         absl::Time now) {
  if (response.status != kTooManyRequests &&
      response.status != kServiceUnavailable) {
    return std::nullopt;
  }
  const std::optional<std::string> value = response.Header("Retry-After");
  if (!value) return std::nullopt;
  const std::optional<absl::Duration> delay = Parse(*value, now);
  if (!delay) return std::nullopt;
  return std::clamp(*delay, absl::ZeroDuration(), kLongestRetryAfter);
}

}  // namespace kso::http

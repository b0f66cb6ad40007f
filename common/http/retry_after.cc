// SPDX-License-Identifier: Apache-2.0
#include "common/http/retry_after.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/numbers.h"

namespace kso::http {
namespace {

constexpr const char* kDateForms[] = {
    "%a, %d %b %Y %H:%M:%S GMT",
    "%A, %d-%b-%y %H:%M:%S GMT",
    "%a %b %e %H:%M:%S %Y",
};

}  // namespace

std::optional<absl::Duration> RetryAfter(const Response& response,
                                         absl::Time now) {
  const std::optional<std::string> value = response.Header("Retry-After");
  if (!value) return std::nullopt;
  int64_t seconds = 0;
  if (absl::SimpleAtoi(*value, &seconds)) {
    return absl::Seconds(std::max<int64_t>(seconds, 0));
  }
  for (const char* form : kDateForms) {
    absl::Time time;
    std::string error;
    if (absl::ParseTime(form, *value, &time, &error)) {
      return std::max(time - now, absl::ZeroDuration());
    }
  }
  return std::nullopt;
}

}  // namespace kso::http

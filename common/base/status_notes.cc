// SPDX-License-Identifier: Apache-2.0
#include "common/base/status_notes.h"

#include <cstdint>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "common/base/strings.h"

namespace kso {
namespace {

constexpr char kRetryAfter[] = "kso.RetryAfterMilliseconds";
constexpr char kRateLimited[] = "kso.RateLimited";

absl::Status Remade(const absl::Status& status, absl::StatusCode code,
                    const std::string& message) {
  absl::Status made(code, message);
  status.ForEachPayload(
      [&made](absl::string_view type, const absl::Cord& payload) {
        made.SetPayload(type, payload);
      });
  return made;
}

}  // namespace

absl::Status RetryNotBefore(absl::Status status, absl::Duration delay) {
  if (status.ok() || delay <= absl::ZeroDuration() ||
      status.GetPayload(kRetryAfter).has_value()) {
    return status;
  }
  const int64_t milliseconds =
      absl::ToInt64Milliseconds(absl::Ceil(delay, absl::Milliseconds(1)));
  status.SetPayload(kRetryAfter, absl::Cord(absl::StrCat(milliseconds)));
  return status;
}

absl::Duration RetryDelay(const absl::Status& status) {
  const auto payload = status.GetPayload(kRetryAfter);
  int64_t milliseconds = 0;
  if (!payload.has_value() ||
      !absl::SimpleAtoi(std::string(*payload), &milliseconds)) {
    return absl::ZeroDuration();
  }
  return absl::Milliseconds(milliseconds);
}

absl::Status RateLimited(absl::Status status) {
  if (!status.ok()) status.SetPayload(kRateLimited, absl::Cord("1"));
  return status;
}

bool IsRateLimited(const absl::Status& status) {
  return status.GetPayload(kRateLimited).has_value();
}

absl::Status Prefixed(const absl::Status& status, std::string_view prefix) {
  if (status.ok()) return status;
  return Remade(status, status.code(), Concat(prefix, status.message()));
}

absl::Status WithCode(const absl::Status& status, absl::StatusCode code) {
  if (status.ok()) return status;
  return Remade(status, code, std::string(status.message()));
}

}  // namespace kso

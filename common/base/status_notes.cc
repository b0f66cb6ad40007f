// SPDX-License-Identifier: Apache-2.0
#include "common/base/status_notes.h"

#include <cstdint>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/strings.h"

namespace kso {
namespace {

constexpr char kRetryAfter[] = "kso.RetryAfterMilliseconds";
constexpr char kExhausted[] = "kso.ExhaustedResource";

absl::Status Remade(const absl::Status& status, absl::StatusCode code,
                    std::string_view message) {
  absl::Status made(code, ToAbsl(message));
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

absl::Status Exhausted(Resource resource, std::string_view message) {
  absl::Status status = absl::ResourceExhaustedError(ToAbsl(message));
  status.SetPayload(kExhausted,
                    absl::Cord(absl::StrCat(static_cast<int>(resource))));
  return status;
}

Resource ExhaustedResource(const absl::Status& status) {
  const auto payload = status.GetPayload(kExhausted);
  int resource = 0;
  if (!payload.has_value() ||
      !absl::SimpleAtoi(std::string(*payload), &resource)) {
    return Resource::kUnknown;
  }
  return static_cast<Resource>(resource);
}

bool IsRateLimited(const absl::Status& status) {
  return ExhaustedResource(status) == Resource::kRateLimit;
}

absl::Status Prefixed(const absl::Status& status, std::string_view prefix) {
  if (status.ok()) return status;
  return Remade(status, status.code(), Concat(prefix, status.message()));
}

absl::Status WithCode(const absl::Status& status, absl::StatusCode code) {
  if (status.ok()) return status;
  return Remade(status, code, ToStd(status.message()));
}

absl::Status WithMessage(const absl::Status& status, std::string_view message) {
  if (status.ok()) return status;
  return Remade(status, status.code(), message);
}

}  // namespace kso

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BASE_STATUS_NOTES_H_
#define KSO_COMMON_BASE_STATUS_NOTES_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace kso {

// Notes travel with an error besides its code and its words, from the place of
// the trouble to the caller that decides on the next try. All functions leave
// OK statuses alone; of several delays the one that was said first, nearest to
// the trouble, stays.

// Not to be tried again before `delay` is over.
absl::Status RetryNotBefore(absl::Status status, absl::Duration delay);

// The delay of RetryNotBefore; zero when there is none.
absl::Duration RetryDelay(const absl::Status& status);

// The resource that an error RESOURCE_EXHAUSTED has run out of.
enum class Resource {
  // The error does not say, as one that came over gRPC.
  kUnknown,
  // Requests that the other side allows (429), which is nobody's fault.
  kRateLimit,
  // Space on a disk of this machine.
  kDisk,
  // Memory of this machine.
  kMemory,
  // A bound on what is taken in, such as the size of an answer.
  kSizeBound,
};

// RESOURCE_EXHAUSTED that says of what.
absl::Status Exhausted(Resource resource, std::string_view message);
// kUnknown for every other error too.
Resource ExhaustedResource(const absl::Status& status);
bool IsRateLimited(const absl::Status& status);

// The same error with `prefix` before its message; the notes stay.
absl::Status Prefixed(const absl::Status& status, std::string_view prefix);

// The same error with another code; the notes stay.
absl::Status WithCode(const absl::Status& status, absl::StatusCode code);

// The same error in other words; the notes stay.
absl::Status WithMessage(const absl::Status& status, std::string_view message);

}  // namespace kso

#endif  // KSO_COMMON_BASE_STATUS_NOTES_H_

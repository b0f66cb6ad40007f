// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_QUOTA_H_
#define KSO_COMMON_HTTP_QUOTA_H_

#include <cstdint>
#include <optional>

#include "absl/time/time.h"
#include "common/http/transport.h"

namespace kso::http {

// The requests that a host allows a client.
struct Quota {
  // The number of requests in each window.
  int64_t limit = 0;
  int64_t remaining = 0;
  // The length of a window; zero where the host does not say.
  absl::Duration window;
};

// The quota that an answer tells of in `ratelimit-limit` and
// `ratelimit-remaining`, each "NUMBER" or "NUMBER;w=SECONDS" (as Docker Hub
// documents for its pulls; the form is of the early drafts of the IETF's
// RateLimit header fields). Nothing unless both can be read.
std::optional<Quota> ParseQuota(const Response& response);

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_QUOTA_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_ADAPTIVE_LIMIT_H_
#define KSO_COMMON_HTTP_ADAPTIVE_LIMIT_H_

#include "absl/time/time.h"

namespace kso::http {

// The limit that an AdaptiveLimit begins with, and its bounds.
struct AdaptiveLimitOptions {
  int first = 8;
  int least = 1;
  int most = 32;
};

// A limit of what may be in flight at the same time, by additive increase and
// multiplicative decrease (AIMD, as TCP's congestion avoidance, RFC 5681): a
// limit's worth of successes raises it by one, a refusal halves it. A refusal
// of something that began before the last halving is the same trouble and does
// not count. Not thread safe.
class AdaptiveLimit {
 public:
  explicit AdaptiveLimit(const AdaptiveLimitOptions& options = {})
      : options_(options), limit_(options.first) {}

  int limit() const { return static_cast<int>(limit_); }
  void Succeeded();
  void Refused(absl::Time begun, absl::Time now);

 private:
  const AdaptiveLimitOptions options_;
  double limit_;
  absl::Time halved_at_ = absl::InfinitePast();
};

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_ADAPTIVE_LIMIT_H_

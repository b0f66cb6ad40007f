// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_PULL_QUOTA_H_
#define KSO_TESTS_UPSTREAM_PULL_QUOTA_H_

#include <deque>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace kso::upstream {

// A limit of pulls in a sliding window, as Docker Hub has it: GETs of manifests
// count, HEADs only tell. Thread safe.
class PullQuota {
 public:
  // No limit when `limit` is 0.
  PullQuota(int limit, absl::Duration window)
      : limit_(limit), window_(window) {}

  bool limited() const { return limit_ > 0; }
  // Returns whether one more is allowed now; counts it then, if `spend`.
  bool Take(absl::Time now, bool spend);
  // For the headers: "100;w=21600" and "76;w=21600".
  std::string Limit() const;
  std::string Remaining(absl::Time now);

 private:
  void Forget(absl::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const int limit_;
  const absl::Duration window_;
  absl::Mutex mutex_;
  std::deque<absl::Time> pulls_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_PULL_QUOTA_H_

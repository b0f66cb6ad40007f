// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/pull_quota.h"

#include "absl/strings/str_cat.h"

namespace kso::upstream {

bool PullQuota::Take(absl::Time now, bool spend) {
  if (!limited()) return true;
  absl::MutexLock lock(&mutex_);
  Forget(now);
  if (!spend) return true;
  if (static_cast<int>(pulls_.size()) >= limit_) return false;
  pulls_.push_back(now);
  return true;
}

std::string PullQuota::Limit() const {
  return absl::StrCat(limit_, ";w=", absl::ToInt64Seconds(window_));
}

std::string PullQuota::Remaining(absl::Time now) {
  absl::MutexLock lock(&mutex_);
  Forget(now);
  return absl::StrCat(limit_ - static_cast<int>(pulls_.size()),
                      ";w=", absl::ToInt64Seconds(window_));
}

void PullQuota::Forget(absl::Time now) {
  while (!pulls_.empty() && pulls_.front() + window_ <= now) {
    pulls_.pop_front();
  }
}

}  // namespace kso::upstream

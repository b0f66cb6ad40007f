// SPDX-License-Identifier: Apache-2.0
#include "common/blob/stream_limit.h"

namespace kso {

absl::StatusOr<std::shared_ptr<const void>> StreamLimit::Take(
    const std::string& caller) {
  const absl::MutexLock lock(&mutex_);
  const auto own = by_caller_.find(caller);
  if (all_ >= of_all_ || (own != by_caller_.end() && own->second >= of_one_)) {
    return absl::ResourceExhaustedError(
        "too many blobs are under way at the same time");
  }
  ++all_;
  ++by_caller_[caller];
  return std::shared_ptr<const void>(
      this, [this, caller](const void*) { GiveBack(caller); });
}

void StreamLimit::GiveBack(const std::string& caller) {
  const absl::MutexLock lock(&mutex_);
  --all_;
  const auto own = by_caller_.find(caller);
  if (--own->second == 0) by_caller_.erase(own);
}

}  // namespace kso

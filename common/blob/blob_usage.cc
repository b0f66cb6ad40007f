// SPDX-License-Identifier: Apache-2.0
#include "common/blob/blob_usage.h"

#include <algorithm>

namespace kso {

void BlobUsage::Add(const Digest& digest, int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  Drop(digest);
  blobs_[digest] = {bytes, order_.insert(order_.end(), digest)};
  bytes_ += bytes;
}

void BlobUsage::Touch(const Digest& digest) {
  absl::MutexLock lock(&mutex_);
  const auto found = blobs_.find(digest);
  if (found == blobs_.end()) return;
  order_.splice(order_.end(), order_, found->second.position);
}

void BlobUsage::Forget(const Digest& digest) {
  absl::MutexLock lock(&mutex_);
  Drop(digest);
}

void BlobUsage::Pin(const Digest& digest) {
  absl::MutexLock lock(&mutex_);
  ++pins_[digest];
}

void BlobUsage::Unpin(const Digest& digest) {
  absl::MutexLock lock(&mutex_);
  const auto found = pins_.find(digest);
  if (found != pins_.end() && --found->second == 0) pins_.erase(found);
}

std::optional<int64_t> BlobUsage::EvictOne(
    const std::function<void(const Digest&)>& remove,
    const std::function<bool(const Digest&)>& may_go) {
  absl::MutexLock lock(&mutex_);
  const auto victim = std::find_if(order_.begin(), order_.end(),
                                   [this](const Digest& digest)
                                       ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
                                         return !pins_.contains(digest);
                                       });
  if (victim == order_.end()) return std::nullopt;
  const Digest digest = *victim;
  if (may_go && !may_go(digest)) return std::nullopt;
  const int64_t bytes = blobs_[digest].bytes;
  remove(digest);
  Drop(digest);
  return bytes;
}

int64_t BlobUsage::bytes() const {
  absl::MutexLock lock(&mutex_);
  return bytes_;
}

void BlobUsage::Drop(const Digest& digest) {
  const auto found = blobs_.find(digest);
  if (found == blobs_.end()) return;
  bytes_ -= found->second.bytes;
  order_.erase(found->second.position);
  blobs_.erase(found);
}

}  // namespace kso

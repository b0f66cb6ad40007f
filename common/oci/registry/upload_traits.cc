// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/upload_traits.h"

namespace kso::oci {
namespace {

// Sizes below the bounds that proxies come with: 100 MB (Cloudflare), 1 MiB
// (nginx).
constexpr int64_t kSizes[] = {64 << 20, 16 << 20, 4 << 20, 1 << 20, 256 << 10};

}  // namespace

bool UploadTraits::AddSizeRefusal(const std::string& host, int64_t bytes) {
  absl::MutexLock lock(&mutex_);
  int64_t& least = least_refused_.try_emplace(host, bytes).first->second;
  if (bytes < least) least = bytes;
  for (const int64_t size : kSizes) {
    if (size >= bytes) continue;
    int64_t& most = most_bytes_.try_emplace(host, size).first->second;
    // Another upload may have found a smaller one in the meantime.
    if (size < most) most = size;
    return true;
  }
  return false;
}

}  // namespace kso::oci

// SPDX-License-Identifier: Apache-2.0
#include "common/http/curl_handle_pool.h"

#include <algorithm>
#include <utility>

#include "common/base/strings.h"

namespace kso::http {
namespace {

// One host may have as many transfers in flight at a time. Handles beyond that
// are closed.
constexpr size_t kMostIdle = 32;

}  // namespace

CurlHandlePool::Handle CurlHandlePool::Take(const std::string& origin) {
  Handle handle;
  {
    absl::MutexLock lock(&mutex_);
    if (!idle_.empty()) {
      auto found =
          std::find_if(idle_.rbegin(), idle_.rend(),
                       [&](const Idle& idle) { return idle.origin == origin; });
      const auto chosen =
          found == idle_.rend() ? idle_.end() - 1 : std::next(found).base();
      handle = std::move(chosen->handle);
      idle_.erase(chosen);
    }
  }
  return handle != nullptr ? std::move(handle) : Handle(curl_easy_init());
}

void CurlHandlePool::GiveBack(Handle handle, const std::string& origin) {
  Idle oldest;
  absl::MutexLock lock(&mutex_);
  idle_.push_back({std::move(handle), origin});
  if (idle_.size() > kMostIdle) {
    oldest = std::move(idle_.front());
    idle_.erase(idle_.begin());
  }
}

absl::Status InitializeCurl() {
  static const CURLcode code = curl_global_init(CURL_GLOBAL_DEFAULT);
  if (code == CURLE_OK) return absl::OkStatus();
  return absl::InternalError(
      Concat("libcurl does not start: ", curl_easy_strerror(code)));
}

}  // namespace kso::http

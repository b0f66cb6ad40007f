// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_HTTP_CURL_HANDLE_POOL_H_
#define KSO_COMMON_HTTP_CURL_HANDLE_POOL_H_

#include <curl/curl.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"

namespace kso::http {

// A pool of idle libcurl handles. Each keeps its own idle connections, so a
// caller with a request for an origin gets a handle that has been there before
// where there is one. A handle is on loan to one thread at a time. May be
// called from any thread.
class CurlHandlePool {
 public:
  struct Free {
    void operator()(CURL* handle) const { curl_easy_cleanup(handle); }
  };
  using Handle = std::unique_ptr<CURL, Free>;

  // Returns a handle with whatever options its last transfer had; null when
  // memory is out.
  Handle Take(const std::string& origin);
  void GiveBack(Handle handle, const std::string& origin);

 private:
  struct Idle {
    Handle handle;
    std::string origin;
  };

  absl::Mutex mutex_;
  // The handle that was used last is at the end.
  std::vector<Idle> idle_ ABSL_GUARDED_BY(mutex_);
};

// libcurl's process-wide start; call before any handle is made. Idempotent.
absl::Status InitializeCurl();

}  // namespace kso::http

#endif  // KSO_COMMON_HTTP_CURL_HANDLE_POOL_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_TESTS_UPSTREAM_STATS_H_
#define KSO_TESTS_UPSTREAM_STATS_H_

#include <cstdint>
#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace kso::upstream {

// Counts the requests and the bytes sent, by kind of request. Thread safe.
class Stats {
 public:
  // The kinds are "file", "cdn", "manifest", "blob", "blob_origin", "token" and
  // "ping"; `method` tells GET from HEAD.
  void CountRequest(const std::string& kind, const std::string& method,
                    int status);
  void CountBytes(const std::string& kind, uint64_t bytes);
  // A blob's first byte is sent.
  void CountBlob(const std::string& digest);

  // {"requests": {"file GET 302": 3, ...}, "bytes": {"cdn": 123, ...},
  //  "blobs": 206, "blobs_sent_again": ["sha256:..."]}
  std::string ToJson() const;

 private:
  mutable absl::Mutex mutex_;
  std::map<std::string, uint64_t> requests_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, uint64_t> bytes_ ABSL_GUARDED_BY(mutex_);
  // How often each was sent.
  std::map<std::string, uint64_t> blobs_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::upstream

#endif  // KSO_TESTS_UPSTREAM_STATS_H_

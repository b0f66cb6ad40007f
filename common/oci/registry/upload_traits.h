// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_UPLOAD_TRAITS_H_
#define KSO_COMMON_OCI_REGISTRY_UPLOAD_TRAITS_H_

#include <cstdint>
#include <map>
#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace kso::oci {

// A memory of the uploads that registries, as "HOST[:PORT]", or proxies before
// them refuse, so that those are not tried again. Thread safe.
class UploadTraits {
 public:
  // Says that the registry refused an upload whose size is not known before its
  // end.
  void AddStreamRefusal(const std::string& host) {
    absl::MutexLock lock(&mutex_);
    refuse_streams_.insert(host);
  }

  bool RefusesStreams(const std::string& host) const {
    absl::MutexLock lock(&mutex_);
    return refuse_streams_.count(host) > 0;
  }

  // Says that a request with so many bytes was too large for the registry (413,
  // RFC 9110, section 15.5.14). From now on requests are smaller. Returns false
  // when there is no smaller size that makes sense.
  bool AddSizeRefusal(const std::string& host, int64_t bytes);

  // Returns whether a request with so many bytes, or fewer, was refused.
  bool RefusesSize(const std::string& host, int64_t bytes) const {
    absl::MutexLock lock(&mutex_);
    const auto found = least_refused_.find(host);
    return found != least_refused_.end() && bytes >= found->second;
  }

  // The most bytes to send in one request; 0 where no bound is known.
  int64_t MostBytes(const std::string& host) const {
    absl::MutexLock lock(&mutex_);
    const auto found = most_bytes_.find(host);
    return found == most_bytes_.end() ? 0 : found->second;
  }

 private:
  mutable absl::Mutex mutex_;
  std::set<std::string> refuse_streams_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int64_t> most_bytes_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int64_t> least_refused_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_UPLOAD_TRAITS_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_STREAM_REFUSALS_H_
#define KSO_COMMON_OCI_STREAM_REFUSALS_H_

#include <set>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"

namespace kso::oci {

// The registries, as "HOST[:PORT]", that have refused an upload whose size is
// not known before its end, so that they are not asked for one again. Thread
// safe.
class StreamRefusals {
 public:
  void Add(const std::string& host) {
    absl::MutexLock lock(&mutex_);
    hosts_.insert(host);
  }

  bool Contains(const std::string& host) const {
    absl::MutexLock lock(&mutex_);
    return hosts_.count(host) > 0;
  }

 private:
  mutable absl::Mutex mutex_;
  std::set<std::string> hosts_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_STREAM_REFUSALS_H_

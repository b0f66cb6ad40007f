// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BLOB_STREAM_LIMIT_H_
#define KSO_COMMON_BLOB_STREAM_LIMIT_H_

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace kso {

// Bounds how many streams run at the same time, of one caller and of all: each
// takes a thread and a file. May be called from any thread.
class StreamLimit {
 public:
  StreamLimit(int of_one, int of_all) : of_one_(of_one), of_all_(of_all) {}

  // A stream's place, for as long as it lives. RESOURCE_EXHAUSTED when there is
  // none; the caller tries again later. The limit must outlive it.
  absl::StatusOr<std::shared_ptr<const void>> Take(const std::string& caller);

 private:
  void GiveBack(const std::string& caller);

  const int of_one_;
  const int of_all_;
  absl::Mutex mutex_;
  int all_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, int> by_caller_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso

#endif  // KSO_COMMON_BLOB_STREAM_LIMIT_H_

// SPDX-License-Identifier: Apache-2.0
#include "common/run/run_all.h"

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/run/exceptions.h"
#include "common/run/executor.h"

namespace kso {
namespace {

// Thread safe.
class FirstFailure {
 public:
  void Note(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    status_.Update(status);
  }
  absl::Status status() const {
    absl::MutexLock lock(&mutex_);
    return status_;
  }

 private:
  mutable absl::Mutex mutex_;
  absl::Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::Status RunAll(int at_once,
                    const std::vector<std::function<absl::Status()>>& jobs) {
  if (at_once <= 1) {
    for (const auto& job : jobs) KSO_RETURN_IF_ERROR(WithoutExceptions(job));
    return absl::OkStatus();
  }
  FirstFailure failure;
  {
    // Its destructor waits for all of them.
    Executor executor(at_once);
    for (const auto& job : jobs) {
      executor.Schedule([&failure, &job] {
        if (failure.status().ok()) failure.Note(WithoutExceptions(job));
      });
    }
  }
  return failure.status();
}

}  // namespace kso

// SPDX-License-Identifier: Apache-2.0
#include "tests/upstream/parallel.h"

#include <algorithm>
#include <cstdio>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace kso::upstream {
namespace {

class Progress {
 public:
  Progress(size_t count, const std::string& title)
      : count_(count), title_(title), reported_(absl::Now()) {}

  // The next index, or `count` when there is nothing left to do.
  size_t Take() {
    absl::MutexLock lock(&mutex_);
    return failure_.ok() && next_ < count_ ? next_++ : count_;
  }

  void Finish(const absl::Status& status) {
    absl::MutexLock lock(&mutex_);
    ++done_;
    failure_.Update(status);
    if (title_.empty() || absl::Now() - reported_ < absl::Seconds(2)) return;
    reported_ = absl::Now();
    std::fprintf(stderr, "%s %zu of %zu\n", title_.c_str(), done_, count_);
  }

  absl::Status failure() {
    absl::MutexLock lock(&mutex_);
    return failure_;
  }

 private:
  const size_t count_;
  const std::string& title_;
  absl::Mutex mutex_;
  size_t next_ ABSL_GUARDED_BY(mutex_) = 0;
  size_t done_ ABSL_GUARDED_BY(mutex_) = 0;
  absl::Time reported_ ABSL_GUARDED_BY(mutex_);
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

absl::Status RunInParallel(size_t count,
                           const std::function<absl::Status(size_t)>& run,
                           const std::string& title) {
  Progress progress(count, title);
  // Each may hold a whole layer in memory, so a large machine is not filled.
  const size_t threads =
      std::clamp<size_t>(std::thread::hardware_concurrency(), 1, 8);
  std::vector<std::thread> pool;
  for (size_t i = 0; i < threads; ++i) {
    pool.emplace_back([&] {
      for (size_t at = progress.Take(); at < count; at = progress.Take()) {
        progress.Finish(run(at));
      }
    });
  }
  for (std::thread& thread : pool) thread.join();
  return progress.failure();
}

}  // namespace kso::upstream

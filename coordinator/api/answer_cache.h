// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_ANSWER_CACHE_H_
#define KSO_COORDINATOR_API_ANSWER_CACHE_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/run/clock.h"

namespace kso::coordinator {

// An answer that many clients are given.
struct SharedAnswer {
  int status = 200;
  std::string content_type;
  std::shared_ptr<const std::string> body;
  // With its quotes; empty where the answer has none.
  std::string etag;
};

// Asks the engine once for what many clients want to see: answers stand until
// the farm is different, and for a second at most. Clients that come while an
// answer is being made share it. So the cost of a change does not grow with the
// number of viewers. Thread safe.
class AnswerCache {
 public:
  using Answer = std::shared_ptr<const SharedAnswer>;
  using Take = absl::AnyInvocable<void(Answer)>;
  // Makes an answer and hands it over, at any time, on any thread.
  using Make = absl::AnyInvocable<void(Take)>;

  // `clock` must outlive it.
  explicit AnswerCache(Clock* clock) : clock_(*clock) {}

  // Gives `take` the answer of that key, which `make` makes when there is none.
  void Get(const std::string& key, Make make, Take take);

  // Something of the farm is different: answers that were asked for before are
  // given to nobody who comes from now on.
  void Invalidate();

 private:
  // One answer, which is being made until it is there.
  struct Entry {
    absl::Mutex mutex;
    Answer answer ABSL_GUARDED_BY(mutex);
    std::vector<Take> waiting ABSL_GUARDED_BY(mutex);
    int64_t generation = 0;
    absl::Time asked;
  };

  Clock& clock_;
  absl::Mutex mutex_;
  int64_t generation_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, std::shared_ptr<Entry>> entries_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_ANSWER_CACHE_H_

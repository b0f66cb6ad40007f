// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_API_FARM_HISTORY_H_
#define KSO_COORDINATOR_API_FARM_HISTORY_H_

#include <deque>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "coordinator/api/farm_json.h"
#include "kso/v1/farm.pb.h"

namespace kso::coordinator {

// The farm over the last hours, for plots: a sample each 10 s. It is kept in
// memory. Thread safe.
class FarmHistory {
 public:
  // Returns whether the next sample is due at `now`.
  bool WantsSample(absl::Time now) const;
  void Add(const v1::FarmStatus& farm);
  // Schema FarmHistory of openapi.json.
  OutJson InJson() const;

 private:
  mutable absl::Mutex mutex_;
  absl::Time last_ ABSL_GUARDED_BY(mutex_) = absl::InfinitePast();
  std::deque<OutJson> samples_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_API_FARM_HISTORY_H_

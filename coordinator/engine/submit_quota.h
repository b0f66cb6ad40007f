// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_SUBMIT_QUOTA_H_
#define KSO_COORDINATOR_ENGINE_SUBMIT_QUOTA_H_

#include <deque>
#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "coordinator/core/base/quotas.h"
#include "coordinator/core/state/state.h"
#include "kso/v1/build.pb.h"

namespace kso::coordinator {

// Judges whether an identity may begin one more build. Remembers who began how
// many of late; after a restart of the coordinator, that begins anew. Not
// thread safe.
class SubmitQuota {
 public:
  explicit SubmitQuota(const Quotas& quotas) : quotas_(quotas) {}

  // RESOURCE_EXHAUSTED says which quota is spent and what to do. Counts the
  // build when it is OK.
  absl::Status Take(const State& state, const v1::SubmitBuildRequest& request,
                    absl::Time now);
  // The same for a build that runs again, for whoever submitted it, on the word
  // of `by`, where that is known.
  absl::Status TakeAgain(const State& state, const BuildEntry& build,
                         const std::string& by, absl::Time now);
  // RESOURCE_EXHAUSTED when people have had their way with the build too often.
  absl::Status CheckInterventions(const BuildEntry& build) const;

 private:
  absl::Status CheckRunning(const State& state, const std::string& who) const;
  absl::Status CheckDisk(const State& state, const std::string& who) const;
  // Counts one more build that `by` begins.
  absl::Status TakeTurn(const std::string& by, absl::Time now);

  const Quotas quotas_;
  // The times of the builds that each identity began within the window.
  std::map<std::string, std::deque<absl::Time>> begun_;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_SUBMIT_QUOTA_H_

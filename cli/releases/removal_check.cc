// SPDX-License-Identifier: Apache-2.0
#include "cli/releases/removal_check.h"

#include <functional>
#include <vector>

#include "absl/synchronization/mutex.h"
#include "common/base/status_macros.h"
#include "common/run/run_all.h"

namespace kso::cli {
namespace {

// A registry on the other side of the world is asked so much at the same time.
constexpr int kAtOnce = 16;

}  // namespace

absl::StatusOr<std::set<PartKey>> MissingParts(ReleasePlace& place,
                                               const RemovalPlan& plan) {
  absl::Mutex mutex;
  std::set<PartKey> missing;
  std::vector<std::function<absl::Status()>> jobs;
  for (const auto& [key, descriptor] : plan.kept_parts) {
    jobs.push_back([&place, &mutex, &missing, part = &key,
                    wanted = &descriptor]() -> absl::Status {
      KSO_ASSIGN_OR_RETURN(const bool there, place.Has(*part, *wanted));
      if (there) return absl::OkStatus();
      absl::MutexLock lock(&mutex);
      missing.insert(*part);
      return absl::OkStatus();
    });
  }
  KSO_RETURN_IF_ERROR(RunAll(kAtOnce, jobs));
  return missing;
}

}  // namespace kso::cli

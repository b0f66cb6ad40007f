// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/submit_quota.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/core/base/words.h"
#include "coordinator/core/flow/disk_quota.h"

namespace kso::coordinator {
namespace {

// "alice has", or "you have" where nobody is known by name.
std::string WhoHas(const std::string& who) {
  return who.empty() ? "you have" : absl::StrCat(who, " has");
}

}  // namespace

absl::Status SubmitQuota::CheckRunning(const State& state,
                                       const std::string& who) const {
  int own = 0;
  for (const auto& [number, build] : state.running()) {
    own += build->submitted_by == who ? 1 : 0;
  }
  if (own >= quotas_.builds_of_one) {
    return absl::ResourceExhaustedError(
        absl::StrCat(WhoHas(who), " ", own,
                     " builds that have not ended, as many as one "
                     "may have; wait for one, or: ksoctl cancel BUILD"));
  }
  if (static_cast<int>(state.running().size()) >= quotas_.builds_of_all) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the farm has ", state.running().size(),
                     " builds that have not ended, as many as it takes; try "
                     "again when some have"));
  }
  return absl::OkStatus();
}

absl::Status SubmitQuota::Take(const State& state,
                               const v1::SubmitBuildRequest& request,
                               absl::Time now) {
  const int items =
      request.release().files_size() + request.release().images_size();
  if (items > quotas_.items) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the release has ", items,
                     " files and images, and may "
                     "have ",
                     quotas_.items));
  }
  const std::string& who = request.submitted_by();
  KSO_RETURN_IF_ERROR(CheckRunning(state, who));
  KSO_RETURN_IF_ERROR(CheckDisk(state, who));
  return TakeTurn(who, now);
}

absl::Status SubmitQuota::TakeAgain(const State& state, const BuildEntry& build,
                                    const std::string& by, absl::Time now) {
  KSO_RETURN_IF_ERROR(CheckInterventions(build));
  KSO_RETURN_IF_ERROR(CheckRunning(state, build.submitted_by));
  KSO_RETURN_IF_ERROR(CheckDisk(state, build.submitted_by));
  return TakeTurn(by.empty() ? build.submitted_by : by, now);
}

absl::Status SubmitQuota::CheckInterventions(const BuildEntry& build) const {
  if (build.interventions < quotas_.interventions) return absl::OkStatus();
  return absl::ResourceExhaustedError(absl::StrCat(
      "build ", build.build_id, " was retried, or given another priority, ",
      build.interventions, " times; submit its release anew"));
}

absl::Status SubmitQuota::CheckDisk(const State& state,
                                    const std::string& who) const {
  if (state.disk_use().BytesOf(who) < quotas_.disk_bytes) {
    return absl::OkStatus();
  }
  const DiskTrouble trouble = DescribeDiskUse(state, who, quotas_.disk_bytes);
  return absl::ResourceExhaustedError(
      absl::StrCat(trouble.reason, "; ", trouble.advice));
}

absl::Status SubmitQuota::TakeTurn(const std::string& by, absl::Time now) {
  for (auto entry = begun_.begin(); entry != begun_.end();) {
    std::deque<absl::Time>& times = entry->second;
    while (!times.empty() && times.front() + quotas_.submit_window <= now) {
      times.pop_front();
    }
    entry = times.empty() ? begun_.erase(entry) : std::next(entry);
  }
  std::deque<absl::Time>& own = begun_[by];
  if (static_cast<int>(own.size()) >= quotas_.submits_of_one) {
    return absl::ResourceExhaustedError(absl::StrCat(
        WhoHas(by), " begun ", own.size(), " builds within ",
        DurationInWords(quotas_.submit_window), "; try again in ",
        DurationInWords(own.front() + quotas_.submit_window - now)));
  }
  own.push_back(now);
  return absl::OkStatus();
}

}  // namespace kso::coordinator

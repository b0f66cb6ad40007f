// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/submit_quota.h"

#include <iterator>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/core/base/words.h"

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
  return TakeAgain(state, request.submitted_by(), now);
}

absl::Status SubmitQuota::TakeAgain(const State& state, const std::string& who,
                                    absl::Time now) {
  KSO_RETURN_IF_ERROR(CheckRunning(state, who));
  for (auto entry = begun_.begin(); entry != begun_.end();) {
    std::deque<absl::Time>& times = entry->second;
    while (!times.empty() && times.front() + quotas_.submit_window <= now) {
      times.pop_front();
    }
    entry = times.empty() ? begun_.erase(entry) : std::next(entry);
  }
  std::deque<absl::Time>& own = begun_[who];
  if (static_cast<int>(own.size()) >= quotas_.submits_of_one) {
    return absl::ResourceExhaustedError(absl::StrCat(
        WhoHas(who), " begun ", own.size(), " builds within ",
        DurationInWords(quotas_.submit_window), "; try again in ",
        DurationInWords(own.front() + quotas_.submit_window - now)));
  }
  own.push_back(now);
  return absl::OkStatus();
}

}  // namespace kso::coordinator

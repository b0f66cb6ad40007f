// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/builds/submission.h"

#include "absl/strings/str_cat.h"
#include "cli/commands/outcome/follow.h"
#include "common/base/status_macros.h"
#include "common/release/build_request.h"
#include "common/release_file/release_on_disk.h"
#include "common/run/cancellation.h"
#include "common/run/retry.h"
#include "common/text/text.h"

namespace kso::cli {
namespace {

constexpr int kTries = 4;

}  // namespace

std::string NewBuildId(absl::Time now) {
  return absl::StrCat(
      absl::FormatTime("%Y%m%d-%H%M%S-", now, absl::UTCTimeZone()),
      RandomHex(8));
}

absl::StatusOr<Submission> SubmitRelease(Context& context,
                                         const std::string& file,
                                         const SubmissionOptions& options) {
  v1::SubmitBuildRequest request;
  request.set_build_id(options.build_id.empty()
                           ? NewBuildId(context.clock->Now())
                           : options.build_id);
  KSO_RETURN_IF_ERROR(release::CheckBuildId(request.build_id()));
  KSO_RETURN_IF_ERROR(release::CheckPriority(options.priority));
  KSO_ASSIGN_OR_RETURN(*request.mutable_release(),
                       release_file::ReadRelease(file));
  request.set_plan_only(options.plan_only);
  request.set_fresh(options.fresh);
  request.set_priority(options.priority);
  Backoff backoff(
      {.first = absl::Milliseconds(200), .longest = absl::Seconds(1)});
  for (int left = kTries;; --left) {
    auto build = context.coordinator->SubmitBuild(request);
    if (build.ok()) {
      const bool joined = build->build_id() != request.build_id();
      return Submission{*std::move(build), request.release().destination(),
                        joined};
    }
    if (left == 1 || !IsConnectionLoss(build.status())) return build.status();
    SleepFor(context.clock, backoff.Next());
  }
}

}  // namespace kso::cli

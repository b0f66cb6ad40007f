// SPDX-License-Identifier: Apache-2.0
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/core/state/build_log.h"
#include "coordinator/core/state/state.h"

// What a build takes over from earlier ones.

namespace kso::coordinator {

absl::Status State::Check(absl::Time time,
                          const v1::DestinationChecked& change) {
  BuildEntry* build = nullptr;
  KSO_RETURN_IF_ERROR(FindForChange(change.build_id(), &build));
  build->destination = change;
  if (!change.problem().empty()) {
    AddEvent(*build, time, v1::Event::WARNING, nullptr, "",
             absl::StrCat("planned as if the destination were empty: ",
                          change.problem()));
  }
  return absl::OkStatus();
}

// Done before it began.
void State::Reuse(absl::Time time, TaskEntry& task,
                  const v1::ReusedResult& reused) {
  task.SetResult(reused.result());
  SetState(task, TaskState::kDone);
  if (!reused.result().has_verified_image()) return;
  const v1::Task content = task.Task();
  AddVerification(*task.build, content, reused.result().verified_image(),
                  reused.worker(), reused.build_id());
  AddEvent(*task.build, time, v1::Event::INFO, &task, "",
           absl::StrCat(content.name(), ": the very image was verified in ",
                        "build ", reused.build_id()));
}

void State::AddVerification(BuildEntry& build, const v1::Task& task,
                            const v1::VerifiedImage& result,
                            const std::string& worker,
                            std::string_view verified_in) {
  v1::Verification& verification = build.verifications.emplace_back();
  verification.set_image(task.verify_image().variant());
  *verification.mutable_platform() = task.platform();
  verification.set_worker(worker);
  verification.set_native(result.native());
  *verification.mutable_checks() = result.checks();
  verification.set_verified_in_build(std::string(verified_in));
}

}  // namespace kso::coordinator

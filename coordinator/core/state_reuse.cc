#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "coordinator/core/build_log.h"
#include "coordinator/core/memo.h"
#include "coordinator/core/state.h"

// What a build takes over from earlier ones.

namespace kso::coordinator {

bool State::NeedsDestinationCheck(const BuildEntry& build) const {
  return build.running() && build.phase == v1::RESOLVE && !build.fresh &&
         !build.destination && build.CountsOf(v1::RESOLVE).AllDone() &&
         memo_.KnowsOf(BlobSpaceOf(build.release.destination()));
}

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
void State::Reuse(absl::Time time, BuildEntry& build, TaskEntry& task,
                  const v1::ReusedResult& reused) {
  SetState(build, task, TaskState::kDone);
  task.result = reused.result();
  task.done_by = reused.worker();
  if (reused.result().has_verified_image()) {
    AddVerification(build, task, reused.build_id());
    AddEvent(build, time, v1::Event::INFO, &task, "",
             absl::StrCat(task.task.name(), ": the very image was verified in ",
                          "build ", reused.build_id()));
  }
}

void State::AddVerification(BuildEntry& build, const TaskEntry& task,
                            std::string_view verified_in) {
  v1::Verification& verification = build.verifications.emplace_back();
  verification.set_image(task.task.verify_image().variant());
  *verification.mutable_platform() = task.task.platform();
  verification.set_worker(task.done_by);
  verification.set_native(task.result.verified_image().native());
  *verification.mutable_checks() = task.result.verified_image().checks();
  verification.set_verified_in_build(std::string(verified_in));
}

}  // namespace kso::coordinator

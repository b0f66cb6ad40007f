// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/planner.h"

#include <optional>
#include <string>
#include <string_view>

#include "coordinator/core/base/task_factory.h"
#include "coordinator/core/plan/fetch_groups.h"
#include "coordinator/core/plan/image_choice.h"
#include "coordinator/core/plan/missing_platform.h"
#include "coordinator/core/plan/plan_files.h"
#include "coordinator/core/plan/plan_images.h"
#include "coordinator/core/plan/plan_limits.h"
#include "coordinator/core/plan/plan_summary.h"

namespace kso::coordinator {
namespace {

constexpr std::string_view kCrossCheckNote =
    "crossCheck: two workers make each layer and are compared, so what is "
    "fetched is fetched twice; where only one worker fits, the build waits for "
    "another";

}  // namespace

Plan MakePlan(std::string_view build_id, const v1::Release& release,
              const Resolved& resolved, const PlanHistory& history) {
  Plan plan;
  if (!DocumentsFit(release, resolved, plan)) return plan;
  const TaskFactory factory(build_id, release);
  *plan.summary.mutable_notes() = release.notes();
  if (release.files_size() > 0) {
    const std::optional<ChosenImage> base =
        ChooseBase(release.files_base(), release, resolved, plan.failures);
    if (base) PlanFiles(factory, resolved, *base, history, plan);
  }
  if (release.images_size() > 0) {
    const ImageChoice choice = ChooseImages(release, resolved);
    plan.failures.insert(plan.failures.end(), choice.failures.begin(),
                         choice.failures.end());
    for (const std::string& line : choice.missing) {
      plan.summary.add_missing_platforms(line);
    }
    if (!choice.missing.empty()) {
      plan.summary.set_missing_platforms_meaning(
          std::string(kMissingPlatformsMeaning));
    }
    plan.summary.mutable_notes()->Add(choice.notes.begin(), choice.notes.end());
    const std::optional<ChosenImage> base =
        ChooseBase(release.images_base(), release, resolved, plan.failures);
    if (base) PlanImages(factory, choice.images, *base, history, plan);
  }
  GroupByFetch(plan);
  if (release.cross_check())
    plan.summary.add_notes(std::string(kCrossCheckNote));
  Summarize(release, resolved, history, plan);
  CheckTotals(release, plan);
  return plan;
}

void ReadFilesAgain(Plan& plan) {
  for (v1::Task& task : plan.tasks) {
    if (!task.has_make_layer()) continue;
    for (v1::LayerMember& member :
         *task.mutable_make_layer()->mutable_members()) {
      if (member.has_file() && member.file().digest().empty()) {
        member.mutable_file()->set_read_again(true);
      }
    }
  }
}

}  // namespace kso::coordinator

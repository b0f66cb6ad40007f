// SPDX-License-Identifier: Apache-2.0
#include "coordinator/engine/build_details.h"

#include <algorithm>
#include <deque>
#include <map>
#include <string>

#include "common/base/proto_time.h"
#include "common/base/sizes.h"
#include "common/base/strings.h"
#include "coordinator/core/base/words.h"
#include "coordinator/core/state/task_status.h"

namespace kso::coordinator {
namespace {

constexpr size_t kEvents = 100;

void AddPhases(const BuildEntry& build, v1::BuildDetails& details) {
  for (const v1::PhaseProgress& progress : details.build().progress()) {
    v1::PhaseTimes& times = *details.add_phases();
    times.set_phase(progress.phase());
    const auto known = build.times.find(progress.phase());
    if (known == build.times.end()) continue;
    *times.mutable_started() = ToProto(known->second.began);
    *times.mutable_ended() = ToProto(known->second.left);
  }
}

void AddLayers(const BuildEntry& build, v1::BuildDetails& details) {
  // The tasks by their names. Layers of one image may have the same name; then
  // the tasks stand in the order of the plan.
  std::map<std::string, std::deque<const TaskEntry*>> tasks;
  for (const TaskEntry* task : build.TasksOf(v1::LAYERS)) {
    if (task->work == v1::Task::kMakeLayer) tasks[task->name].push_back(task);
  }
  for (const v1::PlannedLayer& planned : details.build().plan().layers()) {
    v1::LayerStatus& layer = *details.add_layers();
    auto& named =
        tasks[Concat("layer ", planned.image(), ": ", planned.name())];
    if (named.empty()) continue;
    const TaskEntry& task = *named.front();
    named.pop_front();
    layer.set_task_id(task.id);
    layer.set_state(StateOfTask(task));
    if (task.run.worker != nullptr) layer.set_worker(*task.run.worker);
    if (task.state == TaskState::kDone) {
      *layer.mutable_layer() = task.UnpackResult().made_layer().layer();
    }
  }
}

void AddPlatformImages(const BuildEntry& build, v1::BuildDetails& details) {
  for (const v1::PlannedImage& planned : build.planned_images) {
    v1::PlatformImageStatus& image = *details.add_platform_images();
    image.set_variant(planned.image() + planned.tag_suffix());
    *image.mutable_platform() = planned.platform();
    for (const TaskEntry* task : build.TasksOf(v1::VERIFY)) {
      const v1::Task work = task->UnpackTask();
      if (work.verify_image().variant() != image.variant() ||
          PlatformInWords(work.platform()) !=
              PlatformInWords(planned.platform())) {
        continue;
      }
      image.set_state(StateOfTask(*task));
      if (task->run.worker != nullptr) image.set_worker(*task->run.worker);
      if (task->state == TaskState::kFailed) {
        *image.mutable_failure() = task->trouble_or_none().failure;
      }
    }
  }
}

void AddEvents(const BuildEntry& build, v1::BuildDetails& details) {
  const size_t count = build.events.size();
  for (size_t i = count - std::min(count, kEvents); i < count; ++i) {
    *details.add_events() = build.events[i];
  }
}

// The newest build of that release that has succeeded before this one.
void AddPreviousBuild(const State& state, const BuildEntry& build,
                      v1::BuildDetails& details) {
  const std::string& release = details.build().plan().previous_release();
  if (release.empty()) return;
  int64_t newest = 0;
  for (const auto& [id, other] : state.builds()) {
    if (other.number >= build.number || other.number <= newest ||
        other.plan_only || other.state != v1::Build::SUCCEEDED ||
        other.release.name() != release) {
      continue;
    }
    newest = other.number;
    details.set_previous_build_id(id);
  }
}

}  // namespace

v1::BuildSummary SummaryOf(const BuildEntry& build, const v1::Build& view) {
  v1::BuildSummary summary;
  summary.set_build_id(build.build_id);
  summary.set_name(build.release.name());
  summary.set_state(build.state);
  summary.set_phase(build.phase);
  summary.set_revision(build.revision);
  summary.set_plan_only(build.plan_only);
  summary.set_fresh(build.fresh);
  summary.set_priority(build.priority);
  *summary.mutable_created() = view.created();
  *summary.mutable_ended() = view.ended();
  *summary.mutable_destination() = build.release.destination();
  *summary.mutable_platforms() = build.release.platforms();
  summary.set_file_count(build.file_count);
  summary.set_image_count(build.image_count);
  v1::TaskProgress& all = *summary.mutable_progress();
  for (const v1::PhaseProgress& phase : view.progress()) {
    all.set_total(all.total() + phase.total());
    all.set_done(all.done() + phase.done());
    all.set_running(all.running() + phase.running());
    all.set_failed(all.failed() + phase.failed());
    all.set_bytes_total(SaturatingAdd(all.bytes_total(), phase.bytes_total()));
    all.set_bytes_done(SaturatingAdd(all.bytes_done(), phase.bytes_done()));
  }
  summary.set_bytes_fetched(build.bytes_fetched);
  summary.set_bytes_pushed(build.bytes_pushed);
  *summary.mutable_waiting() = view.waiting();
  summary.set_failure_count(static_cast<int>(build.failures.size()));
  summary.set_submitted_by(build.submitted_by);
  summary.set_last_sequence(static_cast<int64_t>(build.events.size()));
  return summary;
}

void AddDetails(const State& state, const BuildEntry& build,
                v1::BuildDetails& details) {
  AddPhases(build, details);
  AddLayers(build, details);
  AddPlatformImages(build, details);
  AddEvents(build, details);
  AddPreviousBuild(state, build, details);
}

}  // namespace kso::coordinator

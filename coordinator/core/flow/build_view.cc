// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/flow/build_view.h"

#include <algorithm>

#include "common/base/proto_time.h"
#include "coordinator/core/base/phases.h"
#include "coordinator/core/schedule/waiting.h"

namespace kso::coordinator {
namespace {

void AddTime(const PhaseTime& time, absl::Time now,
             v1::PhaseProgress& progress) {
  absl::Duration took = time.spent;
  if (time.since.has_value()) {
    took += std::max(now - *time.since, absl::ZeroDuration());
  }
  *progress.mutable_took() = ToProto(took);
  if (time.last_task.empty()) return;
  progress.set_last_task(time.last_task);
  progress.set_last_worker(time.last_worker);
  *progress.mutable_last_took() = ToProto(time.last_took);
}

void AddProgress(const BuildEntry& build, const PhaseRule& rule, absl::Time now,
                 v1::Build& view) {
  v1::PhaseProgress* progress = view.add_progress();
  progress->set_phase(rule.phase);
  PhaseCounts counts = build.CountsOf(rule.phase);
  // An action of the coordinator itself counts as one task.
  if (rule.work == PhaseWork::kAction) {
    counts.total = 1;
    const bool here = build.phase == rule.phase;
    counts.done = ComesAfter(build.phase, rule.phase) ||
                  build.state == v1::Build::SUCCEEDED;
    counts.leased = here && build.running();
    counts.failed = here && build.state == v1::Build::FAILED;
  }
  progress->set_total(counts.total);
  progress->set_done(counts.done);
  progress->set_running(counts.leased);
  progress->set_failed(counts.failed);
  progress->set_bytes_total(counts.bytes);
  progress->set_bytes_done(counts.bytes_done);
  if (const auto time = build.times.find(rule.phase);
      time != build.times.end()) {
    AddTime(time->second, now, *progress);
  }
}

}  // namespace

v1::Build BuildView(const State& state, const BuildEntry& build,
                    const WorkerPool& workers, absl::Time now,
                    const HostGate* gate) {
  v1::Build view;
  view.set_build_id(build.build_id);
  view.set_name(build.release.name());
  view.set_state(build.state);
  view.set_phase(build.phase);
  view.set_plan_only(build.plan_only);
  view.set_fresh(build.fresh);
  *view.mutable_created() = ToProto(build.created);
  if (build.ended != absl::InfinitePast()) {
    *view.mutable_ended() = ToProto(build.ended);
  }
  for (const PhaseRule& rule : PhaseRules()) {
    const bool past_plan = ComesAfter(rule.phase, v1::CHECK);
    const bool passed_over = build.fresh && rule.phase == v1::CHECK;
    if (passed_over || (build.plan_only && past_plan)) continue;
    AddProgress(build, rule, now, view);
  }
  for (std::string& sentence :
       WaitingReasons(state, build, workers, now, gate)) {
    view.add_waiting(std::move(sentence));
  }
  *view.mutable_failures() = {build.failures.begin(), build.failures.end()};
  *view.mutable_notes() = {build.notes.begin(), build.notes.end()};
  if (build.planned) build.plan.MergeInto(*view.mutable_plan());
  if (!build.judged.empty()) {
    v1::ContentJudged judged = build.judged.Get();
    view.mutable_verdicts()->Swap(judged.mutable_verdicts());
  }
  *view.mutable_images() = {build.images.begin(), build.images.end()};
  *view.mutable_verifications() = {build.verifications.begin(),
                                   build.verifications.end()};
  *view.mutable_destination() = build.release.destination();
  view.set_last_sequence(static_cast<int64_t>(build.events.size()));
  view.set_bytes_fetched(build.bytes_fetched);
  view.set_bytes_pushed(build.bytes_pushed);
  view.set_priority(build.priority);
  view.set_submitted_by(build.submitted_by);
  return view;
}

}  // namespace kso::coordinator

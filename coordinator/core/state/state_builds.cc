// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <cstddef>
#include <set>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/release/verdicts.h"
#include "coordinator/core/base/phases.h"
#include "coordinator/core/base/words.h"
#include "coordinator/core/state/build_log.h"
#include "coordinator/core/state/state.h"
#include "coordinator/core/state/task_status.h"

// The effect of the records about a build as a whole.

namespace kso::coordinator {
namespace {

// Of the tasks that resolve something, so many are shown after a build.
constexpr size_t kMostPastTasks = 100;

}  // namespace

absl::Status State::Submit(absl::Time time, const v1::BuildSubmitted& change) {
  const auto [entry, added] = builds_.try_emplace(change.build_id());
  if (!added) return DoesNotFit("a second build", change.build_id());
  BuildEntry& build = entry->second;
  build.build_id = change.build_id();
  build.number = ++last_number_;
  build.SetRelease(change.release());
  build.plan_only = change.plan_only();
  build.fresh = change.fresh();
  build.priority = change.priority();
  build.submitted_priority = change.priority();
  build.submitted_by = change.submitted_by();
  build.most_bytes = change.most_bytes();
  build.most_disk_bytes = change.most_disk_bytes();
  build.created = time;
  build.revision = 1;
  running_[build.number] = &build;
  CountRecord(build, change.ByteSizeLong());
  AddEvent(build, time, v1::Event::INFO, nullptr, "", SubmittedInWords(build));
  return absl::OkStatus();
}

absl::Status State::EnterPhase(absl::Time time,
                               const v1::PhaseEntered& change) {
  KSO_ASSIGN_OR_RETURN(BuildEntry* const build,
                       FindForChange(change.build_id()));
  build->EndStay(time);
  build->phase = change.phase();
  build->BeginStay(time);
  build->causes.clear();
  AddEvent(*build, time, v1::Event::INFO, nullptr, "",
           "phase " + PhaseInWords(build->phase));
  return absl::OkStatus();
}

absl::Status State::Check(absl::Time time,
                          const v1::DestinationChecked& change) {
  KSO_ASSIGN_OR_RETURN(BuildEntry* const build,
                       FindForChange(change.build_id()));
  build->destination = change;
  if (!change.problem().empty()) {
    AddEvent(*build, time, v1::Event::WARNING, nullptr, "",
             absl::StrCat("planned as if the destination were empty: ",
                          change.problem()));
  }
  return absl::OkStatus();
}

absl::Status State::Plan(absl::Time time, const v1::PlanMade& change) {
  KSO_ASSIGN_OR_RETURN(BuildEntry* const build,
                       FindForChange(change.build_id()));
  build->planned = true;
  build->destination.reset();
  CountRecord(*build, change.ByteSizeLong());
  const v1::PlanSummary& plan = change.summary();
  build->plan.Set(plan);
  totals_.set_layers_reused(totals_.layers_reused() + plan.layers_reused());
  totals_.set_bytes_reused(
      SaturatingAdd(totals_.bytes_reused(), plan.bytes_reused()));
  build->planned_images = {change.images().begin(), change.images().end()};
  for (const std::string& missing : plan.missing_platforms()) {
    AddEvent(*build, time, v1::Event::WARNING, nullptr, "",
             missing + ", as the release allows");
  }
  if (!plan.missing_platforms_meaning().empty()) {
    AddEvent(*build, time, v1::Event::WARNING, nullptr, "",
             plan.missing_platforms_meaning());
  }
  for (const std::string& note : plan.notes()) {
    AddEvent(*build, time, v1::Event::WARNING, nullptr, "", note);
  }
  AddEvent(*build, time, v1::Event::INFO, nullptr, "", PlanInWords(plan));
  return absl::OkStatus();
}

absl::Status State::Judged(absl::Time time, const v1::ContentJudged& change) {
  KSO_ASSIGN_OR_RETURN(BuildEntry* const build,
                       FindForChange(change.build_id()));
  build->judged.Set(change);
  CountRecord(*build, change.ByteSizeLong());
  for (const v1::ItemVerdict& item : change.verdicts()) {
    const std::string remark = release::RemarkOn(item);
    if (remark.empty()) continue;
    AddEvent(*build, time, v1::Event::WARNING, nullptr, "", remark);
  }
  return absl::OkStatus();
}

absl::Status State::Assembled(absl::Time time,
                              const v1::ImagesAssembled& change) {
  KSO_ASSIGN_OR_RETURN(BuildEntry* const build,
                       FindForChange(change.build_id()));
  build->images = {change.images().begin(), change.images().end()};
  for (const v1::ImageResult& image : build->images) {
    CountBlob(*build, image.index());
    for (const v1::Descriptor& manifest : image.manifests()) {
      CountBlob(*build, manifest);
    }
    if (image.has_referrers()) CountBlob(*build, image.referrers());
    AddEvent(*build, time, v1::Event::INFO, nullptr, "",
             absl::StrCat(image.name(), " assembled: ", image.repository(), "@",
                          image.index().digest()));
  }
  return absl::OkStatus();
}

absl::Status State::End(absl::Time time, const v1::BuildEnded& change) {
  KSO_ASSIGN_OR_RETURN(BuildEntry* const build,
                       FindForChange(change.build_id()));
  build->state = change.state();
  build->ended = time;
  build->EndStay(time);
  build->failures = {change.failures().begin(), change.failures().end()};
  build->notes = {change.notes().begin(), change.notes().end()};
  // Failures that the log names already, with their tasks.
  std::set<std::string> said;
  for (const auto& [phase, tasks] : build->tasks) {
    for (TaskEntry* task : tasks) {
      if (task->state == TaskState::kFailed) {
        said.insert(FailureInWords(task->trouble_or_none().failure));
      }
      SetState(*task, task->state == TaskState::kLeased ? TaskState::kRunnable
                                                        : task->state);
    }
  }
  if (build->state == v1::Build::SUCCEEDED) ForgetWork(*build);
  running_.erase(build->number);
  build->causes.clear();
  for (const v1::Failure& failure : build->failures) {
    const std::string text = FailureInWords(failure);
    if (said.contains(text)) continue;
    AddEvent(*build, time, v1::Event::ERROR, nullptr, "", text);
  }
  for (const std::string& note : build->notes) {
    AddEvent(*build, time, v1::Event::WARNING, nullptr, "", note);
  }
  AddEvent(*build, time, EndLevel(*build), nullptr, "", EndInWords(*build));
  return absl::OkStatus();
}

absl::Status State::Retry(absl::Time time, const v1::BuildRetried& change) {
  KSO_ASSIGN_OR_RETURN(BuildEntry* const build,
                       FindForChange(change.build_id()));
  // A plan may have failed for what was resolved, so upstream is looked at
  // anew.
  const bool resolve_anew =
      build->phase == v1::RESOLVE || build->phase == v1::CHECK;
  if (resolve_anew) {
    build->phase = v1::RESOLVE;
    build->destination.reset();
  }
  build->state = v1::Build::RUNNING;
  build->BeginStay(time);
  build->reopened = 0;
  ++build->interventions;
  build->most_disk_bytes = change.most_disk_bytes();
  build->over_disk_quota = false;
  build->ended = absl::InfinitePast();
  build->failures.clear();
  build->causes.clear();
  running_[build->number] = build;
  for (TaskEntry* task : build->TasksOf(build->phase)) {
    if (task->state == TaskState::kDone && !resolve_anew) continue;
    Renew(*task);
  }
  AddEvent(*build, time, v1::Event::INFO, nullptr, "",
           "retried from " + PhaseInWords(build->phase));
  return absl::OkStatus();
}

absl::Status State::Reopen(absl::Time time, const v1::TasksReopened& change) {
  KSO_ASSIGN_OR_RETURN(BuildEntry* const build,
                       FindForChange(change.build_id()));
  std::vector<v1::Phase> later;
  for (const auto& [phase, tasks] : build->tasks) {
    if (ComesAfter(phase, change.phase())) later.push_back(phase);
    if (!ComesAfter(change.phase(), phase) && build->counts[phase].leased > 0) {
      return DoesNotFit("tasks run in build", change.build_id());
    }
  }
  for (const v1::Phase phase : later) DropTasks(*build, phase);
  build->images.clear();
  build->verifications.clear();
  build->EndStay(time);
  build->phase = change.phase();
  build->BeginStay(time);
  ++build->reopened;
  AddEvent(*build, time, v1::Event::WARNING, nullptr, "",
           absl::StrCat(change.reason(), "; back to ",
                        PhaseInWords(change.phase())));
  for (const std::string& id : change.task_ids()) {
    TaskEntry* task = FindTaskForChange(id);
    if (task == nullptr || task->phase != change.phase() ||
        task->state != TaskState::kDone) {
      return DoesNotFit("no task that is done", id);
    }
    task->SetResult({});
    Renew(*task);
    AddEvent(*build, time, v1::Event::WARNING, task, "",
             task->name + ": made again");
  }
  return absl::OkStatus();
}

absl::Status State::Prioritize(absl::Time time,
                               const v1::BuildPrioritized& change) {
  KSO_ASSIGN_OR_RETURN(BuildEntry* const build,
                       FindForChange(change.build_id()));
  AddEvent(*build, time, v1::Event::INFO, nullptr, "",
           absl::StrCat("its priority is ", change.priority(), "; it was ",
                        build->priority));
  build->priority = change.priority();
  ++build->interventions;
  return absl::OkStatus();
}

absl::Status State::Interrupt(absl::Time time,
                              const v1::BuildInterrupted& change) {
  const auto found = builds_.find(change.build_id());
  if (found == builds_.end()) return DoesNotFit("no build", change.build_id());
  BuildEntry& build = found->second;
  ++build.revision;
  ++build.interruptions;
  AddEvent(build, time, v1::Event::WARNING, nullptr, "",
           "the coordinator ended unexpectedly while it worked on this build, "
           "and was started again");
  return absl::OkStatus();
}

absl::Status State::Prune(const v1::BuildPruned& change) {
  const auto found = builds_.find(change.build_id());
  if (found == builds_.end() || found->second.running()) {
    return DoesNotFit("no ended build", change.build_id());
  }
  std::vector<v1::Phase> phases;
  for (const auto& [phase, tasks] : found->second.tasks) {
    phases.push_back(phase);
  }
  for (const v1::Phase phase : phases) DropTasks(found->second, phase);
  disk_use_.Remove(found->second.build_id);
  builds_.erase(found);
  ForgetUnshared();
  return absl::OkStatus();
}

void State::CountBlob(BuildEntry& build, const v1::Descriptor& blob) {
  if (build.release.destination().kind() == v1::Destination::REGISTRY) return;
  if (disk_use_.AddBlob(build.build_id, build.submitted_by, blob.digest(),
                        blob.size())) {
    NoteDiskQuota(build);
  }
}

void State::CountBlobs(const TaskEntry& task, const v1::Task& content,
                       const v1::TaskResult& result) {
  if (task.phase != v1::LAYERS) return;
  if (result.has_made_layer()) {
    CountBlob(*task.build, result.made_layer().layer());
  }
  for (const v1::BlobSource& source : content.copy_blobs().blobs()) {
    CountBlob(*task.build, source.blob());
  }
}

void State::CountRecord(BuildEntry& build, size_t bytes) {
  disk_use_.AddRecord(build.build_id, build.submitted_by, bytes);
  NoteDiskQuota(build);
}

void State::NoteDiskQuota(BuildEntry& build) const {
  if (build.most_disk_bytes > 0 &&
      disk_use_.BytesOf(build.submitted_by) > build.most_disk_bytes) {
    build.over_disk_quota = true;
  }
}

void State::KeepPastTasks(BuildEntry& build) {
  std::vector<const TaskEntry*> kept;
  for (const TaskEntry* task : build.TasksOf(v1::RESOLVE)) {
    kept.push_back(task);
  }
  const size_t most = std::min(kept.size(), kMostPastTasks);
  std::partial_sort(kept.begin(), kept.begin() + static_cast<ptrdiff_t>(most),
                    kept.end(), [](const TaskEntry* a, const TaskEntry* b) {
                      return a->run.ended != b->run.ended
                                 ? a->run.ended > b->run.ended
                                 : a->number < b->number;
                    });
  kept.resize(most);
  std::sort(kept.begin(), kept.end(),
            [](const TaskEntry* a, const TaskEntry* b) {
              return a->number < b->number;
            });
  for (const TaskEntry* task : build.TasksOf(v1::VERIFY)) {
    kept.push_back(task);
  }
  v1::PastTasks past;
  for (const TaskEntry* task : kept) *past.add_tasks() = StatusOfTask(*task);
  build.past_tasks.Set(past);
}

void State::ForgetWork(BuildEntry& build) {
  KeepPastTasks(build);
  build.ForgetLists();
  for (const v1::Phase phase : {v1::RESOLVE, v1::VERIFY}) {
    const PhaseCounts counts = build.CountsOf(phase);
    DropTasks(build, phase);
    build.counts[phase] = counts;
  }
}

void State::DropTasks(BuildEntry& build, v1::Phase phase) {
  for (TaskEntry* task : build.TasksOf(phase)) {
    index_.Remove(*task);
    // The key is in what goes.
    tasks_.erase(tasks_.find(task->id));
  }
  build.tasks.erase(phase);
  build.counts.erase(phase);
}

void State::ForgetUnshared() {
  if (shared_by_tasks() < forget_from_) return;
  std::set<const Demand*> demands;
  std::set<const std::string*> names;
  for (const auto& [id, task] : tasks_) {
    demands.insert(task->demand);
    names.insert(task->made_by);
    names.insert(task->run.worker);
  }
  std::erase_if(demands_, [&](const Demand& demand) {
    return !demands.contains(&demand);
  });
  std::erase_if(worker_names_, [&](const std::string& name) {
    return !names.contains(&name);
  });
  // So a search costs little for each that has come since the last one.
  forget_from_ = std::max(kFewShared, 2 * shared_by_tasks());
}

}  // namespace kso::coordinator

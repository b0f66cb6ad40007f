// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/flow/build_flow.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "common/base/sizes.h"
#include "common/base/strings.h"
#include "common/site.h"
#include "common/text/text.h"
#include "coordinator/core/base/host_trouble.h"
#include "coordinator/core/base/layer_key.h"
#include "coordinator/core/base/permanent_failure.h"
#include "coordinator/core/base/phases.h"
#include "coordinator/core/base/words.h"
#include "coordinator/core/flow/cross_check.h"
#include "coordinator/core/flow/disk_quota.h"
#include "coordinator/core/flow/remember.h"
#include "coordinator/core/plan/image_choice.h"
#include "coordinator/core/plan/judge_content.h"
#include "coordinator/core/plan/known_files.h"
#include "coordinator/core/plan/plan_history.h"
#include "coordinator/core/plan/planner.h"
#include "coordinator/core/plan/resolve_tasks.h"

namespace kso::coordinator {
namespace {

using Records = std::vector<v1::JournalRecord>;

void Enter(std::string_view build_id, v1::Phase phase, Records& records) {
  v1::PhaseEntered* change = records.emplace_back().mutable_phase_entered();
  change->set_build_id(std::string(build_id));
  change->set_phase(phase);
}

// Failures beyond so many bytes are counted: nobody reads them, and they are
// shown with each look at the build.
constexpr size_t kMostFailureBytes = 1 << 20;

v1::Failure NotListed(int64_t count) {
  v1::Failure failure;
  failure.set_kind(v1::Failure::PERMANENT);
  failure.set_item(Concat(count, " more"));
  failure.set_reason("too many to be listed");
  failure.set_advice("mend those that are, and build again");
  return failure;
}

using Reused = absl::flat_hash_map<std::string, v1::ReusedResult>;

void EnterWithTasks(std::string_view build_id, v1::Phase phase,
                    const std::vector<v1::Task>& tasks, const Reused& reused,
                    Records& records) {
  Enter(build_id, phase, records);
  v1::TasksAdded* change = records.emplace_back().mutable_tasks_added();
  change->set_build_id(std::string(build_id));
  change->set_phase(phase);
  *change->mutable_tasks() = {tasks.begin(), tasks.end()};
  for (const auto& [id, result] : reused) {
    (*change->mutable_reused())[id] = result;
  }
}

// Marks the layers that were compared in an earlier image, so that the worker
// does not compare them again.
void MarkComparedLayers(const Memo& memo, v1::Task& task) {
  v1::VerifyImage& work = *task.mutable_verify_image();
  const std::set<std::string> compared =
      memo.ComparedLayers(task.platform(), work.base());
  for (v1::LayerContent& layer : *work.mutable_layers()) {
    layer.set_compared(compared.contains(layer.digest()));
  }
}

// The failures of the tasks of the build's phase, one for each item, or for
// each host whose trouble they are.
std::vector<v1::Failure> TaskFailures(const BuildEntry& build) {
  std::vector<v1::Failure> failures;
  for (const TaskEntry* task : build.TasksOf(build.phase)) {
    if (task->state != TaskState::kFailed) continue;
    failures.push_back(task->trouble_or_none().failure);
  }
  return GroupByCause(failures);
}

// Adds the problems of the plan. A plan is made even where some items could not
// be resolved, so that the user hears of the other problems at the same time;
// its failures for those items are left out.
void AddPlanFailures(const BuildEntry& build, const Plan& plan,
                     std::vector<v1::Failure>& failures) {
  std::set<std::string> failed_items;
  for (const v1::Failure& failure : failures) {
    failed_items.insert(failure.item());
  }
  for (const TaskEntry* task : build.TasksOf(v1::RESOLVE)) {
    if (task->state != TaskState::kFailed) continue;
    const v1::Task content = task->UnpackTask();
    failed_items.insert(content.resolve_file().url());
    failed_items.insert(content.resolve_image().reference());
  }
  failed_items.erase("");
  for (const v1::Failure& failure : plan.failures) {
    if (!failed_items.contains(failure.item())) failures.push_back(failure);
  }
}

v1::Failure QuotaFailure(const BuildEntry& build, int64_t bytes,
                         std::string_view verb) {
  v1::Failure failure;
  failure.set_kind(v1::Failure::PERMANENT);
  failure.set_item("the release");
  failure.set_reason(Concat(verb, " ", FormatBytes(bytes),
                            ", and one build may fetch and push ",
                            FormatBytes(build.most_bytes), " each"));
  failure.set_advice(
      "split the release, or have the operator raise --most-gib");
  return failure;
}

// Adds that the plan moves more bytes than the build may, as far as it is known
// before.
void AddQuotaFailure(const BuildEntry& build, const Plan& plan,
                     std::vector<v1::Failure>& failures) {
  // Another worker fetches the same again, to be compared.
  const int64_t fetched_again =
      build.release.cross_check() ? plan.known_bytes_to_fetch : 0;
  const int64_t bytes =
      std::max(SaturatingAdd(plan.known_bytes_to_fetch, fetched_again),
               plan.known_bytes_to_push);
  if (build.most_bytes <= 0 || bytes <= build.most_bytes) return;
  failures.push_back(QuotaFailure(build, bytes, "is"));
}

// Ends a build that has moved more bytes than it may: hosts need not say how
// large their files are; or one that has added to more than its identity may
// hold. No records where it has not.
Records EndIfOverQuota(const State& state, const BuildEntry& build) {
  if (build.over_disk_quota) {
    const DiskTrouble trouble =
        DescribeDiskUse(state, build.submitted_by, build.most_disk_bytes);
    return {EndBuild(build, v1::Build::FAILED,
                     {PermanentFailure(Concat("build ", build.build_id),
                                       trouble.reason, trouble.advice)})};
  }
  const int64_t bytes = std::max(build.bytes_fetched, build.bytes_pushed);
  if (build.most_bytes <= 0 || bytes <= build.most_bytes) return {};
  return {EndBuild(build, v1::Build::FAILED,
                   {QuotaFailure(build, bytes, "has come to")})};
}

// Returns whether the task, which is done, put one of `blobs` at the
// destination.
bool PutThere(const TaskEntry& task, const std::set<std::string>& blobs) {
  if (task.copy) return false;
  const v1::TaskResult result = task.UnpackResult();
  if (result.has_made_layer()) {
    return blobs.contains(result.made_layer().layer().digest());
  }
  const v1::Task content = task.UnpackTask();
  const auto& copied = content.copy_blobs().blobs();
  return std::any_of(copied.begin(), copied.end(),
                     [&](const v1::BlobSource& source) {
                       return blobs.contains(source.blob().digest());
                     });
}

// The earlier layers that the plan may take over: none where the destination
// was not asked.
PlanHistory HistoryOf(const State& state, const BuildEntry& build) {
  if (!build.destination) return PlanHistory();
  return PlanHistory(&state.memo(), build.release.destination(),
                     std::set<std::string>(build.destination->present().begin(),
                                           build.destination->present().end()));
}

Records AfterPlan(const BuildEntry& build, const Plan& plan) {
  std::vector<v1::Failure> failures = TaskFailures(build);
  AddPlanFailures(build, plan, failures);
  AddQuotaFailure(build, plan, failures);
  if (!failures.empty()) return {EndBuild(build, v1::Build::FAILED, failures)};
  Records records;
  v1::PlanMade* change = records.emplace_back().mutable_plan_made();
  change->set_build_id(build.build_id);
  *change->mutable_summary() = plan.summary;
  *change->mutable_images() = {plan.images.begin(), plan.images.end()};
  if (build.plan_only) {
    records.push_back(EndBuild(build, v1::Build::SUCCEEDED));
  } else {
    EnterWithTasks(build.build_id, RuleOf(v1::CHECK).next, plan.tasks,
                   plan.reused, records);
  }
  return records;
}

// Makes the plan, from what was resolved and what the destination has.
Records PlanNow(const State& state, const BuildEntry& build) {
  Plan plan = MakePlan(build.build_id, build.WholeRelease(), ResolvedOf(build),
                       HistoryOf(state, build));
  if (build.fresh) ReadFilesAgain(plan);
  if (build.destination) {
    plan.summary.set_destination_problem(build.destination->problem());
  }
  return AfterPlan(build, plan);
}

// Returns whether the plan waits for what the destination has: not where it has
// been asked, where the build takes nothing over, where nothing is remembered
// of that destination, or where there will be no plan, since a task has failed.
bool NeedsCheck(const State& state, const BuildEntry& build) {
  return !build.destination && !build.fresh &&
         build.CountsOf(v1::RESOLVE).AllDone() &&
         state.memo().KnowsOf(BlobSpaceOf(build.release.destination()));
}

// The layers of kubespray-files, the lowest first; none where the release has
// no files.
std::vector<const v1::MadeLayer*> FileLayersOf(
    const BuildEntry& build,
    const absl::flat_hash_map<std::string, v1::MadeLayer>& layers) {
  std::vector<const v1::MadeLayer*> files;
  for (const v1::PlannedImage& planned : build.planned_images) {
    if (planned.image() != site::kFilesImage) continue;
    for (const std::string& id : planned.layer_task_ids()) {
      const auto layer = layers.find(id);
      if (layer != layers.end()) files.push_back(&layer->second);
    }
    // Its platforms have the same layers.
    break;
  }
  return files;
}

// The records with the verdicts on what was made, once all layers are.
Records JudgeLayers(const State& state, const BuildEntry& build,
                    v1::Phase next) {
  const v1::Release release = build.WholeRelease();
  const absl::flat_hash_map<std::string, v1::MadeLayer> layers =
      LayersOf(build);
  const Judgement judgement =
      JudgeContent(release, ChooseImages(release, ResolvedOf(build)).images,
                   FileLayersOf(build, layers));
  Records records;
  v1::ContentJudged* change = records.emplace_back().mutable_content_judged();
  change->set_build_id(build.build_id);
  *change->mutable_verdicts() = {judgement.verdicts.begin(),
                                 judgement.verdicts.end()};
  if (!build.fresh)
    *change->mutable_before() = ReleaseBefore(state.memo(), release);
  if (judgement.failures.empty()) {
    Enter(build.build_id, next, records);
  } else {
    records.push_back(EndBuild(build, v1::Build::FAILED, judgement.failures));
  }
  return records;
}

// The records by which layers are made again, or the build fails where workers
// made them differently; none where there is nothing to compare, or all agree.
Records CrossCheckLayers(const BuildEntry& build, const WorkerPool& workers) {
  if (!build.release.cross_check()) return {};
  const CrossCheck check = CompareLayers(build, workers);
  if (!check.tasks.empty()) {
    Records records;
    v1::TasksAdded* change = records.emplace_back().mutable_tasks_added();
    change->set_build_id(build.build_id);
    change->set_phase(v1::LAYERS);
    *change->mutable_tasks() = {check.tasks.begin(), check.tasks.end()};
    return records;
  }
  if (check.failures.empty()) return {};
  return {EndBuild(build, v1::Build::FAILED, check.failures)};
}

// The records that follow from the state of the phase's tasks.
Records AfterTasks(const State& state, const BuildEntry& build,
                   const PhaseRule& rule, const WorkerPool& workers) {
  if (Records ended = EndIfOverQuota(state, build); !ended.empty())
    return ended;
  const PhaseCounts counts = build.CountsOf(build.phase);
  if (counts.failed > 0 && rule.on_failed_task == OnFailedTask::kBuildFails) {
    if (counts.leased > 0) return {};
    return {EndBuild(build, v1::Build::FAILED, TaskFailures(build))};
  }
  if (counts.done + counts.failed < counts.total) return {};
  if (rule.next == v1::CHECK && !NeedsCheck(state, build)) {
    return PlanNow(state, build);
  }
  if (rule.phase == v1::LAYERS) {
    Records checks = CrossCheckLayers(build, workers);
    return checks.empty() ? JudgeLayers(state, build, rule.next) : checks;
  }
  Records records;
  Enter(build.build_id, rule.next, records);
  return records;
}

v1::JournalRecord Checked(const BuildEntry& build,
                          const std::vector<std::string>& present,
                          std::string_view problem) {
  v1::JournalRecord record;
  v1::DestinationChecked& change = *record.mutable_destination_checked();
  change.set_build_id(build.build_id);
  change.set_problem(std::string(problem));
  *change.mutable_present() = {present.begin(), present.end()};
  return record;
}

// Returns whether a plan that is made with only what is `present`, which is
// sorted, would be the same.
bool Stands(const Plan& draft, const std::vector<std::string>& present) {
  return !draft.gives_up_layers &&
         std::all_of(draft.questions.begin(), draft.questions.end(),
                     [&](const BlobQuestion& question) {
                       return std::binary_search(
                           present.begin(), present.end(),
                           BlobName(question.image, question.blob.digest()));
                     });
}

}  // namespace

Records StartBuild(const State& state, const v1::SubmitBuildRequest& request) {
  const std::string& build_id = request.build_id();
  const v1::Release& release = request.release();
  Records records;
  v1::BuildSubmitted* change = records.emplace_back().mutable_build_submitted();
  change->set_build_id(build_id);
  *change->mutable_release() = release;
  change->set_plan_only(request.plan_only());
  change->set_fresh(request.fresh());
  change->set_priority(request.priority());
  change->set_submitted_by(request.submitted_by());
  const Memo* memo = request.fresh() ? nullptr : &state.memo();
  const std::vector<v1::Task> tasks = ResolveTasks(build_id, release, memo);
  Reused known;
  if (memo != nullptr) known = KnownFiles(*memo, release.destination(), tasks);
  EnterWithTasks(build_id, PhaseRules().front().phase, tasks, known, records);
  return records;
}

Records AdvanceBuild(const State& state, const BuildEntry& build,
                     const WorkerPool& workers) {
  if (!build.running()) return {};
  const PhaseRule& rule = RuleOf(build.phase);
  switch (rule.work) {
    case PhaseWork::kNone:
      return {};
    case PhaseWork::kTasks:
      return AfterTasks(state, build, rule, workers);
    case PhaseWork::kAction:
      // Answers of actions come as AfterCheck, AfterAssemble and AfterTag. What
      // is left is a plan to make, since the drafted one did not stand.
      return build.phase == v1::CHECK && build.destination
                 ? PlanNow(state, build)
                 : Records();
  }
  return {};
}

Plan DraftPlan(const State& state, const BuildEntry& build) {
  const PlanHistory everything(&state.memo(), build.release.destination(),
                               std::nullopt);
  return MakePlan(build.build_id, build.WholeRelease(), ResolvedOf(build),
                  everything);
}

Records AfterCheck(const BuildEntry& build, const Plan& draft,
                   std::vector<std::string> present) {
  std::sort(present.begin(), present.end());
  Records records = {Checked(build, present, "")};
  if (Stands(draft, present)) {
    for (v1::JournalRecord& record : AfterPlan(build, draft)) {
      records.push_back(std::move(record));
    }
  }
  return records;
}

Records AfterNoCheck(const BuildEntry& build, std::string_view problem) {
  return {Checked(build, {}, problem)};
}

Records AfterAssemble(const State& state, const BuildEntry& build,
                      const std::vector<v1::ImageResult>& images,
                      const std::vector<v1::Task>& verify_tasks) {
  Records records;
  v1::ImagesAssembled* change =
      records.emplace_back().mutable_images_assembled();
  change->set_build_id(build.build_id);
  *change->mutable_images() = {images.begin(), images.end()};
  Reused verified;
  for (const v1::Task& task : verify_tasks) {
    const v1::VerificationRemembered* known =
        build.fresh ? nullptr
                    : state.memo().FindVerification(VerificationKey(task));
    if (known == nullptr) continue;
    v1::ReusedResult& reused = verified[task.task_id()];
    *reused.mutable_result()->mutable_verified_image() = known->result();
    reused.set_build_id(known->build_id());
    reused.set_worker(known->worker());
  }
  std::vector<v1::Task> tasks = verify_tasks;
  if (!build.fresh) {
    for (v1::Task& task : tasks) MarkComparedLayers(state.memo(), task);
  }
  EnterWithTasks(build.build_id, RuleOf(v1::ASSEMBLE).next, tasks, verified,
                 records);
  return records;
}

Records AfterTag(const State& state, const BuildEntry& build,
                 const std::vector<std::string>& notes, absl::Time now) {
  Records records = RememberRelease(state, build, now);
  v1::JournalRecord& end =
      records.emplace_back(EndBuild(build, v1::Build::SUCCEEDED));
  *end.mutable_build_ended()->mutable_notes() = {notes.begin(), notes.end()};
  return records;
}

Records AfterLoss(const BuildEntry& build,
                  const std::vector<std::string>& missing) {
  const std::set<std::string> gone(missing.begin(), missing.end());
  const std::string lost =
      gone.size() == 1
          ? Concat(*gone.begin(), " is gone from the destination")
          : Concat(Count(static_cast<int64_t>(gone.size()), "blob"),
                   " are gone from the destination, ", *gone.begin(),
                   " and others");
  if (build.reopened >= kMaxReopened) {
    v1::Failure failure;
    failure.set_kind(v1::Failure::PERMANENT);
    failure.set_item(PhaseInWords(build.phase));
    failure.set_reason(Concat(lost, " again, though they were made anew ",
                              Count(build.reopened, "time")));
    failure.set_advice(Concat(
        "see what deletes blobs there (garbage collection, retention rules), "
        "then: ksoctl retry ",
        build.build_id));
    return {EndBuild(build, v1::Build::FAILED, {failure})};
  }
  Records records;
  v1::TasksReopened* change = records.emplace_back().mutable_tasks_reopened();
  change->set_build_id(build.build_id);
  change->set_reason(lost);
  for (const TaskEntry* task : build.TasksOf(v1::LAYERS)) {
    if (PutThere(*task, gone)) change->add_task_ids(task->id);
  }
  change->set_phase(change->task_ids().empty() ? v1::ASSEMBLE : v1::LAYERS);
  return records;
}

v1::JournalRecord EndBuild(const BuildEntry& build, v1::Build::State state,
                           const std::vector<v1::Failure>& failures) {
  v1::JournalRecord record;
  v1::BuildEnded* change = record.mutable_build_ended();
  change->set_build_id(build.build_id);
  change->set_state(state);
  size_t bytes = 0;
  for (const v1::Failure& failure : failures) {
    bytes += failure.ByteSizeLong();
    if (bytes > kMostFailureBytes) {
      *change->add_failures() = NotListed(
          static_cast<int64_t>(failures.size()) - change->failures_size());
      break;
    }
    *change->add_failures() = failure;
  }
  return record;
}

Resolved ResolvedOf(const BuildEntry& build) {
  Resolved resolved;
  for (const TaskEntry* task : build.TasksOf(v1::RESOLVE)) {
    if (task->state != TaskState::kDone) continue;
    v1::TaskResult result = task->UnpackResult();
    if (result.has_resolved_file()) {
      resolved.files[task->UnpackTask().resolve_file().url()] =
          std::move(*result.mutable_resolved_file());
    } else if (result.has_resolved_image()) {
      resolved.images[task->UnpackTask().resolve_image().reference()] =
          std::move(*result.mutable_resolved_image());
    }
  }
  return resolved;
}

absl::flat_hash_map<std::string, v1::MadeLayer> LayersOf(
    const BuildEntry& build) {
  absl::flat_hash_map<std::string, v1::MadeLayer> layers;
  for (const TaskEntry* task : build.TasksOf(v1::LAYERS)) {
    if (task->copy) continue;
    v1::TaskResult result = task->UnpackResult();
    if (!result.has_made_layer()) continue;
    layers[task->id] = std::move(*result.mutable_made_layer());
  }
  return layers;
}

absl::flat_hash_map<std::string, std::string> MakersOf(
    const BuildEntry& build) {
  absl::flat_hash_map<std::string, std::string> makers;
  for (const TaskEntry* task : build.TasksOf(v1::LAYERS)) {
    if (task->copy || task->made_by == nullptr) continue;
    makers[task->id] = *task->made_by;
  }
  return makers;
}

}  // namespace kso::coordinator

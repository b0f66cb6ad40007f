// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/flow/distrust.h"

#include "common/base/strings.h"
#include "common/text/text.h"
#include "coordinator/core/flow/build_flow.h"

namespace kso::coordinator {
namespace {

// The tasks of a phase whose results are from workers for which `bad` holds.
template <typename Bad>
std::vector<const TaskEntry*> TasksBy(const BuildEntry& build, v1::Phase phase,
                                      Bad bad) {
  std::vector<const TaskEntry*> tasks;
  for (const TaskEntry* task : build.TasksOf(phase)) {
    if (task->state == TaskState::kDone && task->made_by != nullptr &&
        bad(*task->made_by)) {
      tasks.push_back(task);
    }
  }
  return tasks;
}

v1::Failure TookWorkOf(const BuildEntry& build, const std::string& worker,
                       int64_t count) {
  v1::Failure failure;
  failure.set_kind(v1::Failure::PERMANENT);
  failure.set_item(Concat("worker ", worker));
  failure.set_reason(Concat("is not trusted any more, and did ",
                            Count(count, "task"), " of this build"));
  failure.set_advice(Concat("ksoctl retry ", build.build_id,
                            " has them done again by other workers"));
  return failure;
}

}  // namespace

DistrustOutcome DistrustWorker(const State& state, const std::string& worker,
                               std::string_view reason,
                               const BuildEntry* spared) {
  DistrustOutcome distrust;
  v1::WorkerDistrusted& change =
      *distrust.records.emplace_back().mutable_worker_distrusted();
  change.set_worker(worker);
  change.set_reason(std::string(reason));
  for (const std::string& subject : state.memo().OfWorker(worker)) {
    distrust.records.emplace_back().mutable_memory_forgotten()->set_subject(
        subject);
    ++distrust.forgotten;
  }
  const auto is_its = [&](const std::string& by) { return by == worker; };
  for (const auto& [number, build] : state.running()) {
    if (build == spared) continue;
    int64_t count = 0;
    for (const auto& [phase, tasks] : build->tasks) {
      count += static_cast<int64_t>(TasksBy(*build, phase, is_its).size());
    }
    if (count == 0) continue;
    distrust.records.push_back(EndBuild(*build, v1::Build::FAILED,
                                        {TookWorkOf(*build, worker, count)}));
    ++distrust.failed_builds;
  }
  return distrust;
}

std::vector<v1::JournalRecord> RedoDistrusted(const State& state,
                                              const BuildEntry& build) {
  const auto is_bad = [&](const std::string& by) {
    return state.distrusted().contains(by);
  };
  for (const v1::Phase phase : {v1::RESOLVE, v1::LAYERS}) {
    const std::vector<const TaskEntry*> tasks = TasksBy(build, phase, is_bad);
    if (tasks.empty()) continue;
    std::vector<v1::JournalRecord> records(1);
    v1::TasksReopened& change = *records[0].mutable_tasks_reopened();
    change.set_build_id(build.build_id);
    change.set_phase(phase);
    change.set_reason(
        Concat("worker ", *tasks[0]->made_by, " is not trusted, and did ",
               Count(static_cast<int64_t>(tasks.size()), "task")));
    for (const TaskEntry* task : tasks) change.add_task_ids(task->id);
    return records;
  }
  return {};
}

std::set<std::string> MakersOf(const BuildEntry& build,
                               const std::set<std::string>& layers) {
  std::set<std::string> makers;
  for (const TaskEntry* task : build.TasksOf(v1::LAYERS)) {
    if (task->made_by == nullptr) continue;
    const v1::TaskResult result = task->UnpackResult();
    if (result.has_made_layer() &&
        layers.contains(result.made_layer().layer().digest())) {
      makers.insert(*task->made_by);
    }
  }
  return makers;
}

}  // namespace kso::coordinator

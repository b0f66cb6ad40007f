// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/flow/cross_check.h"

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/base/strings.h"
#include "common/text/text.h"
#include "coordinator/core/base/task_factory.h"

namespace kso::coordinator {
namespace {

// At most so many files are named in one failure.
constexpr size_t kShownFiles = 3;

// A worker's making of a layer.
struct Making {
  std::string worker;
  v1::MadeLayer layer;
};

// A layer with all that made it, the task first whose layer is at the
// destination.
struct Group {
  const TaskEntry* first = nullptr;
  std::vector<const TaskEntry*> all;
  // One for each worker.
  std::vector<Making> makings;
};

bool SameLayer(const v1::MadeLayer& a, const v1::MadeLayer& b) {
  return a.layer().digest() == b.layer().digest() && a.diff_id() == b.diff_id();
}

bool Agree(const Group& group) {
  return std::all_of(
      group.makings.begin(), group.makings.end(), [&](const Making& making) {
        return SameLayer(making.layer, group.makings.front().layer);
      });
}

// Returns whether the task has a layer that a worker made for this build, or
// for another one that runs.
bool WasMade(const TaskEntry& task) {
  const bool from_memory = task.run.reused && task.run.worker == nullptr;
  return task.work == v1::Task::kMakeLayer && task.state == TaskState::kDone &&
         task.made_by != nullptr && !from_memory;
}

void AddMaking(const TaskEntry& task, Group& group) {
  const bool known = std::any_of(
      group.makings.begin(), group.makings.end(),
      [&](const Making& making) { return making.worker == *task.made_by; });
  if (known) return;
  group.makings.push_back({*task.made_by, task.UnpackResult().made_layer()});
}

// The layers that were made, by the ids of their tasks.
std::map<std::string, Group, std::less<>> GroupsOf(const BuildEntry& build) {
  std::map<std::string, Group, std::less<>> groups;
  for (const TaskEntry* task : build.TasksOf(v1::LAYERS)) {
    if (task->copy || !WasMade(*task)) continue;
    Group& group = groups[task->id];
    group.first = task;
    group.all.push_back(task);
    AddMaking(*task, group);
  }
  for (const TaskEntry* task : build.TasksOf(v1::LAYERS)) {
    if (!task->copy) continue;
    const auto group = groups.find(OriginalOfCopy(task->id));
    if (group == groups.end()) continue;
    group->second.all.push_back(task);
    if (WasMade(*task)) AddMaking(*task, group->second);
  }
  return groups;
}

// Returns whether a ready worker fits the layer that has not made it yet.
bool HasAnother(const Group& group, const WorkerPool& workers) {
  const Demand& demand = *group.first->demand;
  return std::any_of(
      workers.members().begin(), workers.members().end(),
      [&](const auto& entry) {
        const auto& [name, member] = entry;
        return member.view->ready() &&
               member.kind->FitFor(demand) <= workers.BestFit(demand) &&
               std::none_of(group.makings.begin(), group.makings.end(),
                            [&name = name](const Making& making) {
                              return making.worker == name;
                            });
      });
}

v1::Task CopyOf(const Group& group) {
  v1::Task task = group.first->UnpackTask();
  task.set_task_id(CopyId(group.first->id, group.all.size()));
  task.set_name(Concat(task.name(), " (again, to compare)"));
  task.mutable_make_layer()->set_copy_of(group.first->id);
  task.clear_fetch_group();
  for (const Making& making : group.makings) task.add_not_by(making.worker);
  return task;
}

// The files that two makings have with different content: "PATH (A: DIGEST, B:
// DIGEST)".
std::vector<std::string> DifferentFiles(const Making& a, const Making& b) {
  std::vector<std::string> files;
  const int both = std::min(a.layer.members_size(), b.layer.members_size());
  for (int i = 0; i < both; ++i) {
    const v1::MadeMember& one = a.layer.members(i);
    const v1::MadeMember& other = b.layer.members(i);
    if (one.digest() == other.digest()) continue;
    files.push_back(Concat(one.path(), " (", a.worker, ": ", one.digest(), ", ",
                           b.worker, ": ", other.digest(), ")"));
  }
  return files;
}

std::string FilesInWords(const Group& group) {
  const Making& first = group.makings.front();
  for (const Making& other : group.makings) {
    if (SameLayer(first.layer, other.layer)) continue;
    std::vector<std::string> files = DifferentFiles(first, other);
    if (files.empty()) {
      return "; by their own words it is of the same files, so one of them "
             "does not pack what it says";
    }
    const size_t more = files.size() - std::min(files.size(), kShownFiles);
    files.resize(files.size() - more);
    return Concat("; these files differ: ", absl::StrJoin(files, ", "),
                  more == 0 ? std::string() : Concat(" and ", more, " more"));
  }
  return "";
}

// The worker that made what no other did, where all others agree; empty where
// that does not tell.
std::string WhoStandsAlone(const Group& group) {
  if (group.makings.size() < 3) return "";
  std::string alone;
  for (const Making& making : group.makings) {
    const auto same = std::count_if(
        group.makings.begin(), group.makings.end(), [&](const Making& other) {
          return SameLayer(making.layer, other.layer);
        });
    if (same > 1) continue;
    if (!alone.empty()) return "";
    alone = making.worker;
  }
  return alone;
}

v1::Failure FailureOf(const BuildEntry& build, const Group& group) {
  std::vector<std::string> words;
  for (const Making& making : group.makings) {
    words.push_back(Concat(making.worker, " ", making.layer.layer().digest()));
  }
  const std::string alone = WhoStandsAlone(group);
  v1::Failure failure;
  failure.set_kind(v1::Failure::PERMANENT);
  failure.set_item(group.first->name);
  failure.set_reason(Concat(
      "workers made it differently: ", absl::StrJoin(words, ", "),
      FilesInWords(group),
      alone.empty() ? std::string() : Concat("; ", alone, " stands alone")));
  if (!alone.empty()) {
    failure.set_advice(Concat("look at ", alone, ", then: ksoctl workers ",
                              "distrust ", alone, ", and: ksoctl retry ",
                              build.build_id));
  } else {
    failure.set_advice(
        Concat("state a checksum of files that differ; where none does, start "
               "a third worker, which decides, and: ksoctl retry ",
               build.build_id));
  }
  return failure;
}

}  // namespace

CrossCheck CompareLayers(const BuildEntry& build, const WorkerPool& workers) {
  CrossCheck check;
  for (const auto& [id, group] : GroupsOf(build)) {
    const bool agree = Agree(group);
    if (group.makings.size() > 1 && agree) continue;
    if (group.makings.size() == 1 ||
        (group.makings.size() == 2 && HasAnother(group, workers))) {
      check.tasks.push_back(CopyOf(group));
    } else {
      check.failures.push_back(FailureOf(build, group));
    }
  }
  return check;
}

std::vector<v1::JournalRecord> RedoDifferent(const BuildEntry& build) {
  if (!build.release.cross_check()) return {};
  std::vector<v1::JournalRecord> records(1);
  v1::TasksReopened& change = *records.front().mutable_tasks_reopened();
  change.set_build_id(build.build_id);
  change.set_phase(v1::LAYERS);
  int64_t layers = 0;
  for (const auto& [id, group] : GroupsOf(build)) {
    if (Agree(group)) continue;
    ++layers;
    // A copy by which a third worker decides may not be done yet.
    for (const TaskEntry* task : group.all) {
      if (task->state == TaskState::kDone) change.add_task_ids(task->id);
    }
  }
  if (layers == 0) return {};
  change.set_reason(
      Concat("workers made ", Count(layers, "layer"), " differently"));
  return records;
}

}  // namespace kso::coordinator

// SPDX-License-Identifier: Apache-2.0
#include "tests/history/simulate.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/bytes/digest.h"
#include "common/oci/destination.h"
#include "common/site.h"
#include "coordinator/core/base/layer_key.h"
#include "coordinator/core/base/task_factory.h"
#include "coordinator/core/memory/memo.h"
#include "coordinator/core/plan/plan_history.h"
#include "coordinator/core/plan/planner.h"
#include "tests/history/release_history.h"

namespace kso::testing {
namespace {

using coordinator::BlobName;
using coordinator::Plan;

std::vector<std::string> ReadLines(const std::string& file) {
  std::ifstream input("deploy/releases/kubespray-2.25.1/" + file);
  std::vector<std::string> lines;
  for (std::string line; std::getline(input, line);) {
    if (!line.empty() && line[0] != '#') lines.push_back(line);
  }
  return lines;
}

// The layer that a worker would make for the task: its members as they are.
v1::MadeLayer Make(const v1::Task& task) {
  v1::MadeLayer made;
  std::string text;
  for (const v1::LayerMember& member : task.make_layer().members()) {
    v1::MadeMember& entry = *made.add_members();
    entry.set_path(member.path());
    const std::string identity =
        coordinator::ContentIdentity(member, task.mirrors());
    entry.set_digest(identity);
    entry.set_size(coordinator::MemberSize(member));
    made.mutable_layer()->set_size(made.layer().size() + entry.size());
    absl::StrAppend(&text, entry.path(), " ", identity, "\n");
  }
  made.mutable_layer()->set_media_type(task.make_layer().media_type());
  made.mutable_layer()->set_digest(Sha256Of(text).ToString());
  return made;
}

// The coordinator's memory and the destination, release after release.
class Simulation {
 public:
  SimulatedRelease Build(const ResolvedRelease& release) {
    const v1::Destination& destination = release.release.destination();
    const Plan plan = coordinator::MakePlan(
        "b", release.release, release.resolved,
        coordinator::PlanHistory(&memo_, destination, present_));
    SimulatedRelease result;
    if (!plan.failures.empty()) return result;
    std::map<std::string, v1::MadeLayer> made;
    for (const v1::Task& task : plan.tasks) {
      if (task.has_make_layer()) made[task.task_id()] = Result(plan, task);
    }
    Measure(plan, made, result);
    Remember(destination, plan, made);
    return result;
  }

 private:
  v1::MadeLayer Result(const Plan& plan, const v1::Task& task) {
    const auto reused = plan.reused.find(task.task_id());
    if (reused != plan.reused.end()) {
      return reused->second.result().made_layer();
    }
    return Make(task);
  }

  void Measure(const Plan& plan,
               const std::map<std::string, v1::MadeLayer>& made,
               SimulatedRelease& result) {
    std::set<std::string> members;
    std::string text;
    std::map<std::string, int> layers;
    std::set<std::string> seen;
    // Each platform's last layer is configuration or links.
    std::set<std::string> without_data;
    for (const v1::PlannedImage& image : plan.images) {
      without_data.insert(*image.layer_task_ids().rbegin());
    }
    for (const v1::PlannedImage& image : plan.images) {
      const int data_layers = static_cast<int>(std::count_if(
          image.layer_task_ids().begin(), image.layer_task_ids().end(),
          [&](const std::string& id) { return !without_data.contains(id); }));
      const std::string group = coordinator::LayerGroupOf(image);
      absl::StrAppend(&text, group, "\n");
      if (group.empty()) {
        result.all_layers = data_layers;
        continue;
      }
      if (!seen.insert(group).second) continue;
      (image.image() == site::kFilesImage ? result.file_layers
                                          : result.image_layers) =
          std::max(image.image() == site::kFilesImage ? result.file_layers
                                                      : result.image_layers,
                   data_layers);
      AddGroup(plan, image, made, members, text, result);
    }
    members_before_ = std::move(members);
    result.digest = Sha256Of(text).ToString();
  }

  void AddGroup(const Plan& plan, const v1::PlannedImage& image,
                const std::map<std::string, v1::MadeLayer>& made,
                std::set<std::string>& members, std::string& text,
                SimulatedRelease& result) {
    std::map<std::string, const v1::Task*> tasks;
    for (const v1::Task& task : plan.tasks) tasks[task.task_id()] = &task;
    int64_t wanted = 0;
    int64_t there = 0;
    for (int i = 0; i + 1 < image.layer_task_ids_size(); ++i) {
      const std::string& id = image.layer_task_ids(i);
      const v1::MadeLayer& layer = made.at(id);
      absl::StrAppend(&text, layer.layer().digest(), "\n");
      there += layer.layer().size();
      if (!plan.reused.contains(id)) result.pushed += layer.layer().size();
      for (const v1::LayerMember& member : tasks[id]->make_layer().members()) {
        const int64_t size = coordinator::MemberSize(member);
        wanted += size;
        const std::string name =
            absl::StrCat(coordinator::LayerGroupOf(image), " ", member.path());
        members.insert(name);
        if (!members_before_.contains(name)) result.changed += size;
      }
    }
    result.wanted += wanted;
    result.dead += there - wanted;
    result.worst_dead_part =
        std::max(result.worst_dead_part,
                 there == 0 ? 0 : static_cast<double>(there - wanted) / there);
  }

  void Remember(const v1::Destination& destination, const Plan& plan,
                const std::map<std::string, v1::MadeLayer>& made) {
    for (const v1::Task& task : plan.tasks) {
      if (!task.has_make_layer()) continue;
      const v1::MadeLayer& layer = made.at(task.task_id());
      present_.insert(
          BlobName(task.make_layer().image(), layer.layer().digest()));
      if (plan.reused.contains(task.task_id())) continue;
      const auto recipe = coordinator::RecipeOf(task);
      v1::JournalRecord record;
      v1::LayerRemembered& memory = *record.mutable_layer_remembered();
      memory.set_space(coordinator::BlobSpaceOf(destination));
      memory.set_key(recipe->key);
      memory.set_times_of_content(task.make_layer().times_of_content());
      *memory.mutable_layer() = layer;
      *memory.mutable_identities() = {recipe->identities.begin(),
                                      recipe->identities.end()};
      memo_.Apply(record);
    }
    v1::JournalRecord record;
    v1::ReleaseRemembered& release = *record.mutable_release_remembered();
    release.set_space(coordinator::BlobSpaceOf(destination));
    release.set_destination(oci::FormatDestination(destination));
    for (const v1::PlannedImage& image : plan.images) {
      v1::RememberedGroup& group = *release.add_groups();
      group.set_name(coordinator::LayerGroupOf(image));
      for (int i = 0; i + 1 < image.layer_task_ids_size(); ++i) {
        group.add_layers(made.at(image.layer_task_ids(i)).layer().digest());
      }
      // Both platforms have the same files.
      if (image.image() == site::kFilesImage && release.groups_size() > 1) {
        release.mutable_groups()->RemoveLast();
      }
    }
    memo_.Apply(record);
  }

  coordinator::Memo memo_;
  std::set<std::string> present_;
  std::set<std::string> members_before_;
};

}  // namespace

std::vector<SimulatedRelease> SimulateHistory(int releases, uint32_t seed,
                                              bool together) {
  ReleaseHistory history({{"amd64", ReadLines("files-amd64.list")},
                          {"arm64", ReadLines("files-arm64.list")}},
                         ReadLines("images.list"), seed, together);
  Simulation simulation;
  std::vector<SimulatedRelease> results;
  for (int i = 0; i < releases; ++i) {
    const bool minor = i % 10 == 0;
    if (i > 0) minor ? history.NextMinor() : history.NextPatch();
    SimulatedRelease result = simulation.Build(history.Current());
    result.minor = minor;
    result.files_changed = history.files_changed();
    result.images_changed = history.images_changed();
    results.push_back(std::move(result));
  }
  return results;
}

}  // namespace kso::testing

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/state/pruning.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace kso::coordinator {
namespace {

// The builds that have ended, in the order in which they did.
std::vector<const BuildEntry*> Ended(const State& state) {
  std::vector<const BuildEntry*> ended;
  for (const auto& [id, build] : state.builds()) {
    if (!build.running()) ended.push_back(&build);
  }
  std::sort(ended.begin(), ended.end(), [](const auto* a, const auto* b) {
    return std::pair(a->ended, a->number) < std::pair(b->ended, b->number);
  });
  return ended;
}

// The number of the newest build for each name of a release.
std::map<std::string, int64_t> Newest(const State& state) {
  std::map<std::string, int64_t> newest;
  for (const auto& [id, build] : state.builds()) {
    int64_t& number = newest[build.release.name()];
    number = std::max(number, build.number);
  }
  return newest;
}

}  // namespace

PruningChoice ChooseForPruning(const State& state, const PruningRules& rules,
                               absl::Time now) {
  const std::vector<const BuildEntry*> ended = Ended(state);
  const std::map<std::string, int64_t> newest = Newest(state);
  const auto keep = static_cast<size_t>(std::max(rules.keep_builds, 0));
  const size_t too_many = ended.size() > keep ? ended.size() - keep : 0;
  PruningChoice choice;
  for (size_t i = 0; i < ended.size(); ++i) {
    const BuildEntry& build = *ended[i];
    if (i < too_many) {
      choice.builds.push_back(build.build_id);
      continue;
    }
    if (newest.at(build.release.name()) == build.number) continue;
    const absl::Time until = build.ended + rules.keep_for;
    if (until <= now) {
      choice.builds.push_back(build.build_id);
    } else {
      choice.next = std::min(choice.next, until);
    }
  }
  return choice;
}

BlobsInFarm FindBlobsInFarm(const State& state) {
  std::set<std::string> blobs;
  BlobsInFarm found;
  for (const auto& [build_id, build] : state.builds()) {
    if (build.release.destination().kind() == v1::Destination::REGISTRY) {
      continue;
    }
    for (const v1::ImageResult& image : build.images) {
      found.indexes.push_back(image.index());
      if (image.has_referrers()) found.indexes.push_back(image.referrers());
    }
    for (const TaskEntry* task : build.TasksOf(v1::LAYERS)) {
      const v1::TaskResult result = task->UnpackResult();
      if (result.has_made_layer()) {
        blobs.insert(result.made_layer().layer().digest());
      }
      const v1::Task content = task->UnpackTask();
      for (const v1::BlobSource& source : content.copy_blobs().blobs()) {
        blobs.insert(source.blob().digest());
      }
    }
  }
  found.blobs.assign(blobs.begin(), blobs.end());
  return found;
}

}  // namespace kso::coordinator

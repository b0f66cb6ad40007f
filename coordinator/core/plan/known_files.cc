// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/known_files.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/site.h"
#include "coordinator/core/plan/plan_history.h"

namespace kso::coordinator {
namespace {

// Sizes of contents by identity (layer_key.h). The identities point into the
// memo.
absl::flat_hash_map<std::string_view, int64_t> SizesOf(
    const PlanHistory& history) {
  absl::flat_hash_map<std::string_view, int64_t> sizes;
  for (const v1::LayerRemembered* layer :
       history.Packs(site::kFilesImage, site::kFilesImage)) {
    const int count =
        std::min(layer->identities_size(), layer->layer().members_size());
    for (int i = 0; i < count; ++i) {
      sizes[layer->identities(i)] = layer->layer().members(i).size();
    }
  }
  return sizes;
}

}  // namespace

absl::flat_hash_map<std::string, v1::ReusedResult> KnownFiles(
    const Memo& memo, const v1::Destination& destination,
    const std::vector<v1::Task>& tasks) {
  absl::flat_hash_map<std::string, v1::ReusedResult> known;
  const PlanHistory history(&memo, destination, std::nullopt);
  if (history.previous() == nullptr) return known;
  const auto sizes = SizesOf(history);
  for (const v1::Task& task : tasks) {
    const v1::ResolveFile& work = task.resolve_file();
    if (work.digest().empty()) continue;
    const auto size = sizes.find(work.digest());
    if (size == sizes.end()) continue;
    v1::ReusedResult& reused = known[task.task_id()];
    reused.set_build_id(history.previous()->build_id());
    v1::ResolvedFile& file = *reused.mutable_result()->mutable_resolved_file();
    file.set_url(work.url());
    file.set_size(size->second);
  }
  return known;
}

}  // namespace kso::coordinator

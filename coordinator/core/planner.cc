#include "coordinator/core/planner.h"

#include <algorithm>
#include <optional>
#include <set>

#include "coordinator/core/image_choice.h"
#include "coordinator/core/plan_files.h"
#include "coordinator/core/plan_images.h"
#include "coordinator/core/task_factory.h"

namespace kso::coordinator {
namespace {

// Bytes that come from upstream, what several tasks need counted once; -1 where
// a host does not say.
int64_t BytesToFetch(const Plan& plan) {
  std::set<std::string> seen;
  int64_t total = 0;
  bool known = true;
  const auto add = [&](const std::string& id, int64_t size) {
    if (!seen.insert(id).second) return;
    if (size < 0) known = false;
    total += size;
  };
  for (const v1::Task& task : plan.tasks) {
    for (const v1::BlobSource& blob : task.copy_blobs().blobs()) {
      add(blob.blob().digest(), blob.blob().size());
    }
    for (const v1::LayerMember& member : task.make_layer().members()) {
      if (member.has_file()) add(member.file().url(), member.file().size());
      if (member.has_blob()) {
        add(member.blob().blob().digest(), member.blob().blob().size());
      }
    }
  }
  return known ? total : -1;
}

void Summarize(Plan& plan) {
  int64_t to_pack = 0;
  for (const v1::PlannedLayer& layer : plan.summary.layers()) {
    to_pack += layer.size();
  }
  plan.summary.set_layer_count(plan.summary.layers_size());
  plan.summary.set_bytes_to_pack(to_pack);
  plan.summary.set_bytes_to_fetch(BytesToFetch(plan));
}

}  // namespace

Plan MakePlan(std::string_view build_id, const v1::Release& release,
              const Resolved& resolved) {
  Plan plan;
  const TaskFactory factory(build_id, release);
  if (release.files_size() > 0) {
    const std::optional<ChosenImage> base =
        ChooseBase(release.files_base(), release, resolved, plan.failures);
    if (base) PlanFiles(factory, resolved, *base, plan);
  }
  if (release.images_size() > 0) {
    const ImageChoice choice = ChooseImages(release, resolved);
    plan.failures.insert(plan.failures.end(), choice.failures.begin(),
                         choice.failures.end());
    for (const std::string& line : choice.missing) {
      plan.summary.add_missing_platforms(line);
    }
    const std::optional<ChosenImage> base =
        ChooseBase(release.images_base(), release, resolved, plan.failures);
    if (base) PlanImages(factory, choice.images, *base, plan);
  }
  Summarize(plan);
  return plan;
}

}  // namespace kso::coordinator

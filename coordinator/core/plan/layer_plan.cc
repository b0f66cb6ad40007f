// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/layer_plan.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/base/sizes.h"
#include "common/base/strings.h"
#include "common/oci/platform.h"
#include "coordinator/core/base/layer_key.h"

namespace kso::coordinator {
namespace {

constexpr size_t kNamesShown = 3;

// The bytes of the members together; -1 where a host does not say how many its
// file has.
int64_t SizeOf(const v1::MakeLayer& layer) {
  int64_t bytes = 0;
  for (const v1::LayerMember& member : layer.members()) {
    const int64_t size = MemberSize(member);
    if (size < 0) return -1;
    bytes = SaturatingAdd(bytes, size);
  }
  return bytes;
}

v1::PlannedLayer& AddLine(const v1::Task& task, Plan& plan) {
  v1::PlannedLayer& line = *plan.summary.add_layers();
  line.set_name(task.make_layer().name());
  line.set_image(task.make_layer().image());
  line.set_size(SizeOf(task.make_layer()));
  line.set_members(task.make_layer().members_size());
  return line;
}

std::string AddTask(v1::Task task, Plan& plan) {
  std::string id = task.task_id();
  plan.tasks.push_back(std::move(task));
  return id;
}

// The bytes that the layer takes from upstream; -1 where a host does not say
// how many.
int64_t BytesFromUpstream(const v1::MakeLayer& layer) {
  int64_t bytes = 0;
  for (const v1::LayerMember& member : layer.members()) {
    const int64_t size = MemberSize(member);
    if (size < 0) return -1;
    if (!member.has_content()) bytes = SaturatingAdd(bytes, size);
  }
  return bytes;
}

}  // namespace

std::string LayerTitle(const std::vector<std::string>& names,
                       std::string_view architectures) {
  const size_t shown = std::min(names.size(), kNamesShown);
  std::string title = absl::StrJoin(names.begin(), names.begin() + shown, " ");
  if (names.size() > shown) {
    title += Concat(" and ", names.size() - shown, " more");
  }
  if (!architectures.empty()) title += Concat(" (", architectures, ")");
  return title;
}

std::string AddLayer(v1::Task task, const PlanHistory& history, Plan& plan) {
  const std::optional<LayerRecipe> recipe = RecipeOf(task);
  const v1::LayerRemembered* known =
      recipe ? history.FindLayer(task.make_layer().image(), recipe->key)
             : nullptr;
  if (known != nullptr) {
    const int64_t size = task.weight();
    return AddKeptLayer(std::move(task), *known, size, plan);
  }
  v1::PlannedLayer& line = AddLine(task, plan);
  line.set_bytes_to_fetch(BytesFromUpstream(task.make_layer()));
  return AddTask(std::move(task), plan);
}

std::string AddKeptLayer(v1::Task task, const v1::LayerRemembered& layer,
                         int64_t size, Plan& plan) {
  v1::PlannedLayer& line = AddLine(task, plan);
  line.set_reused(true);
  line.set_dead_bytes(std::max<int64_t>(size - task.weight(), 0));
  line.set_size(size);
  BlobQuestion& question = plan.questions.emplace_back();
  question.image = task.make_layer().image();
  question.blob = layer.layer().layer();
  question.elsewhere = {layer.repositories().begin(),
                        layer.repositories().end()};
  v1::ReusedResult& reused = plan.reused[task.task_id()];
  *reused.mutable_result()->mutable_made_layer() = layer.layer();
  reused.set_worker(layer.made_by());
  return AddTask(std::move(task), plan);
}

void AddBaseCopy(const TaskFactory& factory, std::string_view image,
                 const ChosenImage& base, const ChosenManifest& manifest,
                 const PlanHistory& history, Plan& plan) {
  const std::string slug = PlatformSlug(manifest.platform);
  v1::Task task = factory.New(
      Concat("copy/", image, "/", slug),
      Concat("copy base of ", image, ": ", base.reference.ToString(), " (",
             oci::FormatPlatform(manifest.platform), ")"));
  *task.mutable_platform() = manifest.platform;
  task.mutable_copy_blobs()->set_image(std::string(image));
  int64_t weight = 0;
  bool all_there = true;
  for (const v1::Descriptor& layer : manifest.manifest.layers) {
    v1::BlobSource& blob = *task.mutable_copy_blobs()->add_blobs();
    blob.set_repository(base.reference.Name());
    *blob.mutable_blob() = layer;
    weight = SaturatingAdd(weight, layer.size());
    plan.questions.push_back({std::string(image), layer, {}});
    all_there &= history.HasBlob(image, layer.digest());
  }
  task.set_weight(weight);
  if (all_there) {
    plan.reused[task.task_id()].mutable_result()->mutable_copied_blobs();
  }
  AddTask(std::move(task), plan);
}

void AddImage(std::string_view image, std::string_view tag_suffix,
              const v1::Platform& platform, const std::string& base,
              const std::vector<std::string>& layer_task_ids, Plan& plan) {
  v1::PlannedImage planned;
  planned.set_image(std::string(image));
  planned.set_tag_suffix(std::string(tag_suffix));
  *planned.mutable_platform() = platform;
  planned.set_base(base);
  planned.mutable_layer_task_ids()->Assign(layer_task_ids.begin(),
                                           layer_task_ids.end());
  plan.images.push_back(std::move(planned));
}

}  // namespace kso::coordinator

#include "coordinator/core/layer_plan.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "common/base/strings.h"
#include "common/oci/platform.h"

namespace kso::coordinator {
namespace {

constexpr size_t kNamesShown = 3;

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

std::string AddLayer(v1::Task task, Plan& plan) {
  v1::PlannedLayer& line = *plan.summary.add_layers();
  line.set_name(task.make_layer().name());
  line.set_image(task.make_layer().image());
  line.set_size(task.weight());
  line.set_members(task.make_layer().members_size());
  std::string id = task.task_id();
  plan.tasks.push_back(std::move(task));
  return id;
}

void AddBaseCopy(const TaskFactory& factory, std::string_view image,
                 const ChosenImage& base, const ChosenManifest& manifest,
                 Plan& plan) {
  const std::string slug = PlatformSlug(manifest.platform);
  v1::Task task = factory.New(
      Concat("copy/", image, "/", slug),
      Concat("copy base of ", image, ": ", base.reference.ToString(), " (",
             oci::FormatPlatform(manifest.platform), ")"));
  *task.mutable_platform() = manifest.platform;
  task.mutable_copy_blobs()->set_image(std::string(image));
  int64_t weight = 0;
  for (const v1::Descriptor& layer : manifest.manifest.layers) {
    v1::BlobSource& blob = *task.mutable_copy_blobs()->add_blobs();
    blob.set_repository(base.reference.Name());
    *blob.mutable_blob() = layer;
    weight += layer.size();
  }
  task.set_weight(weight);
  plan.tasks.push_back(std::move(task));
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

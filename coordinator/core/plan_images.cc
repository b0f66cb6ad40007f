#include "coordinator/core/plan_images.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "common/base/digest.h"
#include "common/base/strings.h"
#include "common/oci/platform.h"
#include "coordinator/core/grouping.h"
#include "coordinator/core/layer_plan.h"
#include "coordinator/core/registry_tree.h"
#include "coordinator/core/site_files.h"

namespace kso::coordinator {
namespace {

constexpr int64_t kLargeBlobBytes = 64 << 20;
constexpr int kMaxLayersOfPlatform = 30;
constexpr int kMaxDataLayers = 60;

// All blobs that one platform's images consist of, each once, by digest. What
// several images share belongs to the first of them, sorted by name.
std::map<std::string, v1::BlobSource> BlobsOf(
    const std::vector<ChosenImage>& images, const v1::Platform& platform) {
  std::map<std::string, v1::BlobSource> blobs;
  const auto add = [&](const std::string& repository,
                       const v1::Descriptor& blob) {
    v1::BlobSource& source = blobs[blob.digest()];
    if (!source.repository().empty() && source.repository() <= repository) {
      return;
    }
    source.set_repository(repository);
    *source.mutable_blob() = blob;
  };
  for (const ChosenImage& image : images) {
    const ChosenManifest* chosen = image.Find(platform);
    if (chosen == nullptr) continue;
    const std::string repository = image.reference.Name();
    add(repository, chosen->manifest.config);
    for (const v1::Descriptor& layer : chosen->manifest.layers) {
      add(repository, layer);
    }
  }
  return blobs;
}

v1::Task BlobLayer(const TaskFactory& factory, size_t number,
                   const v1::Platform& platform,
                   const std::vector<v1::BlobSource>& blobs,
                   const std::vector<int>& group) {
  std::set<std::string> families;
  std::vector<v1::LayerMember> members;
  for (const int i : group) {
    const std::string& repository = blobs[i].repository();
    families.insert(repository.substr(repository.rfind('/') + 1));
    v1::LayerMember member;
    // Parsing the manifest has checked the grammar.
    member.set_path(BlobDataPath(*Digest::Parse(blobs[i].blob().digest())));
    *member.mutable_blob() = blobs[i];
    members.push_back(std::move(member));
  }
  v1::Task task = factory.NewLayer(
      NumberedId(Concat("layer/images-", PlatformSlug(platform)), number),
      kImagesImage,
      LayerTitle({families.begin(), families.end()},
                 oci::FormatPlatform(platform)),
      std::move(members));
  *task.mutable_platform() = platform;
  return task;
}

// The layers with one platform's blobs; their ids, in order.
std::vector<std::string> AddBlobLayers(const TaskFactory& factory,
                                       const std::vector<ChosenImage>& images,
                                       const v1::Platform& platform,
                                       Plan& plan) {
  std::vector<v1::BlobSource> blobs;
  std::vector<GroupItem> items;
  for (auto& [digest, blob] : BlobsOf(images, platform)) {
    items.push_back({.id = digest,
                     .family = blob.repository(),
                     .size = blob.blob().size()});
    blobs.push_back(std::move(blob));
  }
  const GroupLimits limits = {
      .large_bytes = kLargeBlobBytes,
      .max_groups =
          std::min(kMaxLayersOfPlatform,
                   kMaxDataLayers / factory.release().platforms_size())};
  std::vector<std::string> layers;
  for (const std::vector<int>& group : GroupByContent(items, limits)) {
    layers.push_back(AddLayer(
        BlobLayer(factory, layers.size(), platform, blobs, group), plan));
  }
  return layers;
}

// What makes the blobs of `images` a registry.
std::string AddLinksLayer(const TaskFactory& factory, std::string_view id,
                          std::string_view title,
                          const std::vector<ChosenImage>& images, Plan& plan) {
  std::map<std::string, v1::LayerMember> members;
  for (const std::string_view path : kRegistryConfigPaths) {
    v1::LayerMember& member = members[std::string(path)];
    member.set_path(std::string(path));
    member.set_content(std::string(kRegistryConfig));
  }
  for (const ChosenImage& image : images) {
    for (v1::LayerMember& member : ImageLinks(image)) {
      const std::string path = member.path();
      members[path] = std::move(member);
    }
  }
  std::vector<v1::LayerMember> sorted;
  for (auto& [path, member] : members) sorted.push_back(std::move(member));
  return AddLayer(factory.NewLayer(id, kImagesImage, title, std::move(sorted)),
                  plan);
}

}  // namespace

void PlanImages(const TaskFactory& factory,
                const std::vector<ChosenImage>& images, const ChosenImage& base,
                Plan& plan) {
  plan.summary.set_image_count(static_cast<int>(images.size()));
  const std::string& base_reference = factory.release().images_base();
  std::vector<std::string> all_layers;
  for (const ChosenManifest& manifest : base.manifests) {
    const v1::Platform& platform = manifest.platform;
    AddBaseCopy(factory, kImagesImage, base, manifest, plan);
    std::vector<std::string> layers =
        AddBlobLayers(factory, images, platform, plan);
    all_layers.insert(all_layers.end(), layers.begin(), layers.end());
    layers.push_back(AddLinksLayer(
        factory, Concat("layer/images-links-", PlatformSlug(platform)),
        Concat("manifests and tags (", oci::FormatPlatform(platform), ")"),
        OnlyFor(images, platform), plan));
    AddImage(kImagesImage, /*tag_suffix=*/"", platform, base_reference, layers,
             plan);
  }
  all_layers.push_back(AddLinksLayer(factory, "layer/images-links-all",
                                     "manifests and tags (all platforms)",
                                     ForAny(images), plan));
  for (const ChosenManifest& manifest : base.manifests) {
    AddImage(kImagesImage, kAllSuffix, manifest.platform, base_reference,
             all_layers, plan);
  }
}

}  // namespace kso::coordinator

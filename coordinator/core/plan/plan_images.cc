// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/plan_images.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/oci/platform.h"
#include "common/site.h"
#include "coordinator/core/plan/layer_packs.h"
#include "coordinator/core/plan/layer_plan.h"
#include "coordinator/core/plan/pack_grouping.h"
#include "coordinator/core/plan/registry_tree.h"
#include "coordinator/core/plan/site_files.h"
#include "coordinator/core/plan/upstream_signatures.h"

namespace kso::coordinator {
namespace {

constexpr int64_t kLargeBlobBytes = 64 << 20;
// The family of blobs that images of several families have in common.
constexpr std::string_view kSharedFamily = "shared";
constexpr int kMaxLayersOfPlatform = 30;
constexpr int kMaxDataLayers = 60;

// A blob of the images, and the images that tend to change with it.
struct PlannedBlob {
  v1::BlobSource source;
  std::string family;
};

// A family is a set of images that tend to be released together: those of a
// directory ("quay.io/calico"), or, where there is none, those that begin alike
// ("registry.k8s.io/kube"). Docker's library is no family.
std::string FamilyOf(const std::string& repository) {
  const size_t slash = repository.rfind('/');
  const std::string directory = repository.substr(0, slash);
  if (directory == "docker.io/library") return repository;
  if (directory.find('/') != std::string::npos) return directory;
  return repository.substr(0, repository.find('-', slash));
}

// All blobs that one platform's images consist of, each once, by digest. A blob
// of several images is fetched from the first of them, sorted by name.
std::map<std::string, PlannedBlob> BlobsOf(
    const std::vector<ChosenImage>& images, const v1::Platform& platform) {
  std::map<std::string, PlannedBlob> blobs;
  const auto add = [&](const std::string& repository,
                       const v1::Descriptor& descriptor) {
    PlannedBlob& blob = blobs[descriptor.digest()];
    const std::string family = FamilyOf(repository);
    if (blob.family.empty()) blob.family = family;
    if (blob.family != family) blob.family = kSharedFamily;
    if (!blob.source.repository().empty() &&
        blob.source.repository() <= repository) {
      return;
    }
    blob.source.set_repository(repository);
    *blob.source.mutable_blob() = descriptor;
  };
  for (const ChosenImage& image : images) {
    const ChosenManifest* chosen = image.Find(platform);
    if (chosen == nullptr) continue;
    const std::string repository = image.reference.Name();
    add(repository, chosen->manifest.config);
    for (const v1::Descriptor& layer : chosen->manifest.layers) {
      add(repository, layer);
    }
    for (const CarriedArtifact& artifact : image.artifacts) {
      for (const v1::Descriptor& blob : artifact.blobs) add(repository, blob);
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
      site::kImagesImage,
      LayerTitle({families.begin(), families.end()},
                 oci::FormatPlatform(platform)),
      std::move(members));
  *task.mutable_platform() = platform;
  return task;
}

PackLimits LimitsFor(const v1::Release& release) {
  PackLimits limits;
  limits.groups = {
      .large_bytes = kLargeBlobBytes,
      .max_groups = std::min(kMaxLayersOfPlatform,
                             kMaxDataLayers / release.platforms_size())};
  return limits;
}

// Adds the layers with one platform's blobs, and returns their ids, in order.
std::vector<std::string> AddBlobLayers(const TaskFactory& factory,
                                       const std::vector<ChosenImage>& images,
                                       const v1::Platform& platform,
                                       const PlanHistory& history, Plan& plan) {
  std::vector<v1::BlobSource> blobs;
  std::vector<GroupItem> items;
  std::vector<WantedMember> wanted;
  for (auto& [digest, blob] : BlobsOf(images, platform)) {
    items.push_back({.id = digest,
                     .family = blob.family,
                     .size = blob.source.blob().size()});
    // Parsing the manifest has checked the grammar.
    wanted.push_back({BlobDataPath(*Digest::Parse(digest)), digest});
    blobs.push_back(std::move(blob.source));
  }
  const LayerPacks layers_before = PacksOf(
      history, site::kImagesImage, LayerGroupName(site::kImagesImage, platform),
      {.media_type = factory.layer_media_type()});
  const std::vector<Pack> packs = MatchPacks(layers_before, wanted);
  const PackedGroups groups =
      GroupAfterPacks(items, packs, LimitsFor(factory.release()));
  plan.gives_up_layers |= groups.kept.size() < packs.size();
  std::vector<std::string> layers;
  for (const int pack : groups.kept) {
    layers.push_back(AddKeptLayer(
        BlobLayer(factory, layers.size(), platform, blobs, packs[pack].items),
        *layers_before[pack], packs[pack].size, plan));
  }
  for (const std::vector<int>& group : groups.fresh) {
    layers.push_back(
        AddLayer(BlobLayer(factory, layers.size(), platform, blobs, group),
                 history, plan));
  }
  return layers;
}

// Adds the layer that makes a registry of one platform's blobs, and returns its
// id: manifests, links and tags, and the registry's configuration.
std::string AddLinksLayer(const TaskFactory& factory,
                          const std::vector<ChosenImage>& images,
                          const v1::Platform& platform,
                          const PlanHistory& history, Plan& plan) {
  std::map<std::string, v1::LayerMember> members;
  for (const std::string_view path : kRegistryConfigPaths) {
    v1::LayerMember& member = members[std::string(path)];
    member.set_path(std::string(path));
    member.set_content(RegistryConfig());
  }
  for (const ChosenImage& image : images) {
    for (v1::LayerMember& member : ImageLinks(image)) {
      const std::string path = member.path();
      members[path] = std::move(member);
    }
  }
  std::vector<v1::LayerMember> sorted;
  for (auto& [path, member] : members) sorted.push_back(std::move(member));
  return AddLayer(
      factory.NewLayer(
          Concat("layer/images-links-", PlatformSlug(platform)),
          site::kImagesImage,
          Concat("manifests and tags (", oci::FormatPlatform(platform), ")"),
          std::move(sorted)),
      history, plan);
}

}  // namespace

void PlanImages(const TaskFactory& factory,
                const std::vector<ChosenImage>& images, const ChosenImage& base,
                const PlanHistory& history, Plan& plan) {
  plan.summary.set_image_count(static_cast<int>(images.size()));
  const std::string& base_reference = factory.release().images_base();
  std::vector<std::string> all_layers;
  for (const ChosenManifest& manifest : base.manifests) {
    const v1::Platform& platform = manifest.platform;
    AddBaseCopy(factory, site::kImagesImage, base, manifest, history, plan);
    std::vector<std::string> layers =
        AddBlobLayers(factory, images, platform, history, plan);
    layers.push_back(AddLinksLayer(factory, OnlyFor(images, platform), platform,
                                   history, plan));
    AddImage(site::kImagesImage, /*tag_suffix=*/"", platform, base_reference,
             layers, plan);
    all_layers.insert(all_layers.end(), layers.begin(), layers.end());
  }
  for (const ChosenManifest& manifest : base.manifests) {
    AddImage(site::kImagesImage, site::kAllSuffix, manifest.platform,
             base_reference, all_layers, plan);
  }
}

}  // namespace kso::coordinator

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/verify_tasks.h"

#include <algorithm>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"
#include "common/release/check_content.h"
#include "common/release/served_path.h"
#include "common/site.h"
#include "coordinator/core/base/task_factory.h"
#include "coordinator/core/plan/files_in_layers.h"
#include "coordinator/core/plan/image_choice.h"
#include "coordinator/core/plan/registry_tree.h"
#include "coordinator/core/plan/upstream_signatures.h"
#include "google/protobuf/repeated_field.h"

namespace kso::coordinator {
namespace {

// The blobs that the images of a registry refer to: digests by path in the
// image.
using WantedBlobs = std::map<std::string, std::string>;

WantedBlobs BlobsOf(const std::vector<ChosenImage>& images) {
  WantedBlobs blobs;
  const auto add = [&blobs](const v1::Descriptor& descriptor) {
    // The grammar was checked when the image was chosen.
    const Digest digest = *Digest::Parse(descriptor.digest());
    blobs.emplace(BlobDataPath(digest), descriptor.digest());
  };
  for (const ChosenImage& image : images) {
    add(image.top.content_descriptor());
    for (const v1::Document& index : image.indexes) {
      add(index.content_descriptor());
    }
    for (const ChosenManifest& chosen : image.manifests) {
      add(chosen.document.content_descriptor());
      add(chosen.manifest.config);
      for (const v1::Descriptor& layer : chosen.manifest.layers) add(layer);
    }
    for (const CarriedArtifact& artifact : image.artifacts) {
      add(artifact.document.content_descriptor());
      for (const v1::Descriptor& blob : artifact.blobs) add(blob);
    }
  }
  return blobs;
}

// The digest under which a member is served; empty when the image does not
// serve it.
using ServedAs = std::function<std::string(const v1::MadeMember& member)>;

// The content of a layer, which is below `directory` of the image.
v1::LayerContent ContentOf(const v1::MadeLayer& layer,
                           std::string_view directory,
                           const ServedAs& served_as) {
  v1::LayerContent content;
  content.set_digest(layer.layer().digest());
  for (const v1::MadeMember& member : layer.members()) {
    if (!member.path().starts_with(directory)) continue;
    std::string digest = served_as(member);
    if (digest.empty()) {
      content.set_partly_served(true);
    } else {
      content.add_served_digests(std::move(digest));
    }
  }
  return content;
}

// Expects what the release states of its files, whatever those who packed them
// said. A file whose digest is waived may be another.
void ExpectStatedDigests(const v1::Release& release,
                         std::map<std::string, v1::MadeMember>& files) {
  for (const v1::FileRequest& request : release.files()) {
    if (request.digest().empty() ||
        release::FindWaiver(release, request.url()) != nullptr) {
      continue;
    }
    const absl::StatusOr<std::string> path = release::ServedPath(request.url());
    if (!path.ok()) continue;
    v1::MadeMember& file = files[Concat(site::kFilesDirectory, *path)];
    if (request.digest().starts_with("sha512:")) {
      file.set_sha512(request.digest());
    } else {
      file.set_digest(request.digest());
    }
  }
}

// Expects that the offline.yml of the image leads Kubespray to everything.
void ExpectOffline(const v1::Release& release,
                   const std::vector<ChosenImage>& images,
                   v1::ExpectedFiles& expected) {
  std::map<std::string, std::string> urls;
  for (const v1::FileRequest& request : release.files()) {
    const absl::StatusOr<std::string> path = release::ServedPath(request.url());
    if (path.ok()) urls[request.url()] = Concat(site::kPrefix, *path);
  }
  std::map<std::string, std::string> names;
  for (const ChosenImage& image : images) {
    if (!image.manifests.empty()) {
      names[image.reference.Name()] = image.served_repository;
    }
  }
  const auto add = [](const std::map<std::string, std::string>& from,
                      google::protobuf::RepeatedPtrField<v1::AskedFor>& to) {
    for (const auto& [name, served] : from) {
      v1::AskedFor& asked = *to.Add();
      asked.set_name(name);
      asked.set_served(served);
    }
  };
  add(urls, *expected.mutable_urls());
  add(names, *expected.mutable_images());
}

// `own_layer` is the last of `layers`, or null.
void ExpectFiles(const v1::Release& release,
                 const std::vector<ChosenImage>& images,
                 const std::vector<const v1::MadeLayer*>& layers,
                 const v1::MadeLayer* own_layer, v1::VerifyImage& work) {
  std::map<std::string, v1::MadeMember> files = FilesInLayers(release, layers);
  if (own_layer != nullptr) {
    for (const v1::MadeMember& member : own_layer->members()) {
      files[member.path()] = member;
    }
    ExpectOffline(release, images, *work.mutable_files());
  }
  const auto served_as = [&files](const v1::MadeMember& member) {
    const auto file = files.find(member.path());
    const bool covered =
        file == files.end() || file->second.digest() != member.digest();
    return covered ? std::string() : member.digest();
  };
  for (const v1::MadeLayer* layer : layers) {
    *work.add_layers() = ContentOf(*layer, site::kFilesDirectory, served_as);
  }
  ExpectStatedDigests(release, files);
  for (const auto& [path, member] : files) {
    v1::MadeMember& file = *work.mutable_files()->add_files();
    file = member;
    file.clear_content();
    file.set_path(path.substr(site::kFilesRootMember.size()));
  }
}

absl::Status ExpectImages(const std::vector<ChosenImage>& images,
                          const std::vector<const v1::MadeLayer*>& layers,
                          v1::VerifyImage& work) {
  const WantedBlobs blobs = BlobsOf(images);
  const auto served_as = [&blobs](const v1::MadeMember& member) {
    const auto blob = blobs.find(member.path());
    return blob == blobs.end() ? std::string() : blob->second;
  };
  for (const v1::MadeLayer* layer : layers) {
    *work.add_layers() = ContentOf(*layer, kBlobsDirectory, served_as);
  }
  for (const ChosenImage& image : images) {
    v1::ExpectedImage& one = *work.mutable_images()->add_images();
    one.set_repository(image.served_repository);
    one.set_tag(image.reference.tag);
    *one.mutable_top() = image.top.content_descriptor();
    for (const v1::Document& index : image.indexes) {
      *one.add_indexes() = index.content_descriptor();
    }
    for (const ChosenManifest& chosen : image.manifests) {
      *one.add_manifests() = chosen.document.content_descriptor();
    }
    for (const CarriedArtifact& artifact : image.artifacts) {
      v1::ExpectedImage& beside = *work.mutable_images()->add_images();
      const v1::Descriptor& document = artifact.document.content_descriptor();
      beside.set_repository(image.served_repository);
      beside.set_tag(artifact.tag);
      *beside.mutable_top() = document;
      if (oci::IsManifestType(document.media_type())) {
        *beside.add_manifests() = document;
      }
    }
  }
  // An image that is asked in brief is not asked for each of them.
  std::set<std::string> served;
  for (const v1::LayerContent& layer : work.layers()) {
    served.insert(layer.served_digests().begin(), layer.served_digests().end());
  }
  for (const auto& [path, digest] : blobs) {
    if (served.contains(digest)) continue;
    return absl::InternalError(
        Concat("no layer of ", work.variant(), " has ", digest,
               ", which its images need; please report this"));
  }
  return absl::OkStatus();
}

std::string NameOf(const v1::PlannedImage& planned) {
  return Concat(planned.image(), planned.tag_suffix(), " ",
                oci::FormatPlatform(planned.platform()));
}

bool HasLayersOf(const v1::PlannedImage& planned,
                 const v1::PlannedImage& whole) {
  const std::set<std::string_view> layers(whole.layer_task_ids().begin(),
                                          whole.layer_task_ids().end());
  return std::all_of(
      planned.layer_task_ids().begin(), planned.layer_task_ids().end(),
      [&](const std::string& id) { return layers.contains(id); });
}

// The name of the image to which `planned` may leave the comparison: the first
// of the largest images that have all of its layers. Empty when that is
// `planned` itself.
std::string ComparedIn(const std::vector<v1::PlannedImage>& images,
                       const v1::PlannedImage& planned, bool on_its_platform) {
  const std::string platform = oci::FormatPlatform(planned.platform());
  const v1::PlannedImage* largest = nullptr;
  for (const v1::PlannedImage& image : images) {
    if (image.image() != planned.image() || !HasLayersOf(planned, image) ||
        (on_its_platform &&
         oci::FormatPlatform(image.platform()) != platform)) {
      continue;
    }
    if (largest == nullptr ||
        image.layer_task_ids_size() > largest->layer_task_ids_size()) {
      largest = &image;
    }
  }
  if (largest == nullptr || NameOf(*largest) == NameOf(planned)) return "";
  return NameOf(*largest);
}

}  // namespace

absl::StatusOr<v1::Task> MakeVerifyTask(const AssembleRequest& request,
                                        const v1::PlannedImage& planned,
                                        const std::vector<ChosenImage>& images,
                                        const ChosenManifest& base,
                                        const v1::Descriptor& manifest,
                                        const v1::MadeLayer* own_layer) {
  const TaskFactory factory(request.build_id, request.release);
  const std::string variant = Concat(planned.image(), planned.tag_suffix());
  v1::Task task = factory.New(
      Concat("verify/", variant, "/", PlatformSlug(planned.platform())),
      Concat("verify ", NameOf(planned)));
  *task.mutable_platform() = planned.platform();
  task.set_must_execute(true);
  v1::VerifyImage& work = *task.mutable_verify_image();
  work.set_image(planned.image());
  work.set_variant(variant);
  *work.mutable_manifest() = manifest;
  work.set_base(base.document.content_descriptor().digest());
  work.set_compared_in(
      ComparedIn(request.images, planned, /*on_its_platform=*/false));
  work.set_compared_on_platform_in(
      ComparedIn(request.images, planned, /*on_its_platform=*/true));

  std::vector<const v1::MadeLayer*> layers;
  int64_t weight = 0;
  for (const std::string& task_id : planned.layer_task_ids()) {
    const auto made = request.layers.find(task_id);
    if (made == request.layers.end()) {
      return absl::InternalError(Concat("layer ", task_id, " is missing"));
    }
    layers.push_back(&made->second);
    weight = SaturatingAdd(weight, made->second.layer().size());
  }
  task.set_weight(weight);
  if (own_layer != nullptr) layers.push_back(own_layer);
  if (planned.image() == site::kFilesImage) {
    ExpectFiles(request.release, images, layers, own_layer, work);
  } else {
    KSO_RETURN_IF_ERROR(ExpectImages(planned.tag_suffix() == site::kAllSuffix
                                         ? ForAny(images)
                                         : OnlyFor(images, planned.platform()),
                                     layers, work));
  }
  return task;
}

}  // namespace kso::coordinator

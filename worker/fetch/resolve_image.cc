// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/resolve_image.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/mirrors.h"
#include "common/oci/platform.h"
#include "common/oci/reference.h"
#include "common/text/text.h"
#include "worker/fetch/document_reader.h"
#include "worker/fetch/platform_manifests.h"
#include "worker/fetch/upstream_artifacts.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

// Advises on an image whose documents no container runtime takes.
std::string AdviceFor(const absl::Status& status,
                      const v1::ResolveImage& work) {
  if (!absl::IsInvalidArgument(status) && !absl::IsUnimplemented(status)) {
    return "";
  }
  if (work.want_configs()) return "take another base image";
  return Concat(absl::IsUnimplemented(status)
                    ? "leave it out or rebuild it"
                    : "take another version of the image, or leave it out",
                "; images: {leaveOut: [\"", work.reference(),
                "\"]} leaves it out");
}

absl::Status CheckDocuments(const v1::ResolvedImage& image) {
  size_t bytes = image.top().content().size();
  for (const auto* documents :
       {&image.indexes(), &image.manifests(), &image.configs()}) {
    for (const v1::Document& document : *documents) {
      bytes += document.content().size();
    }
  }
  for (const v1::UpstreamArtifact& artifact : image.signatures()) {
    bytes += artifact.ByteSizeLong();
  }
  if (bytes <= static_cast<size_t>(kLargestDocuments)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("its index, manifests and configs are ",
             FormatBytes(static_cast<int64_t>(bytes)),
             " together, over the limit of ", FormatBytes(kLargestDocuments)));
}

// Refuses an image whose config and index name different platforms.
absl::Status CheckLabels(const v1::ResolvedImage& image) {
  for (int i = 0; i < image.config_platforms_size(); ++i) {
    if (image.config_platforms(i).empty()) continue;
    return absl::InvalidArgumentError(oci::PlatformDisagreement(
        image.manifests(i).content_descriptor().platform(),
        image.config_platforms(i)));
  }
  return absl::OkStatus();
}

absl::StatusOr<v1::ResolvedImage> Resolve(
    const v1::ResolveImage& work,
    const google::protobuf::RepeatedPtrField<v1::Mirror>& mirrors,
    ImageStores& stores, BlobStore& cache, TaskControl& control) {
  KSO_ASSIGN_OR_RETURN(const oci::Reference reference,
                       oci::Reference::Parse(work.reference()));
  const oci::ImageSource from = oci::ResolveMirror(reference, mirrors);
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<oci::ImageStore> registry,
                       stores.OpenRegistry(from.host, from.insecure, control));
  DocumentReader reader(registry.get(), from.path, &cache, &control);

  v1::ResolvedImage image;
  image.set_reference(work.reference());
  KSO_ASSIGN_OR_RETURN(std::optional<v1::Document> top,
                       reader.Top(reference.Identifier(), work.known_digest()));
  if (!top) {
    image.set_unchanged(true);
    return image;
  }
  *image.mutable_top() = *std::move(top);
  KSO_ASSIGN_OR_RETURN(
      ImageManifests found,
      ReadPlatformManifests(image.top(), work.platforms(), reader));
  for (v1::Document& index : found.indexes) {
    *image.add_indexes() = std::move(index);
  }
  bool is_mislabelled = false;
  for (PlatformManifest& manifest : found.manifests) {
    *image.add_manifests() = std::move(manifest.manifest);
    if (work.want_configs()) *image.add_configs() = std::move(manifest.config);
    image.add_licenses(std::move(manifest.licenses));
    is_mislabelled |= !manifest.config_platform.empty();
    image.add_config_platforms(std::move(manifest.config_platform));
  }
  if (!is_mislabelled) image.clear_config_platforms();
  if (work.want_signatures()) {
    KSO_ASSIGN_OR_RETURN(std::vector<v1::UpstreamArtifact> artifacts,
                         ReadUpstreamArtifacts(image, reader));
    *image.mutable_signatures() = {artifacts.begin(), artifacts.end()};
  }
  KSO_RETURN_IF_ERROR(CheckDocuments(image));
  image.set_manifest_gets(reader.manifest_gets());
  return image;
}

}  // namespace

absl::StatusOr<v1::ResolvedImage> ResolveImage(
    const v1::ResolveImage& work,
    const google::protobuf::RepeatedPtrField<v1::Mirror>& mirrors,
    ImageStores& stores, BlobStore& cache, TaskControl& control) {
  control.SetActivity(Concat("asking for ", work.reference()));
  absl::StatusOr<v1::ResolvedImage> image =
      Resolve(work, mirrors, stores, cache, control);
  if (!image.ok()) {
    return About(image.status(), work.reference(), work.location(),
                 AdviceFor(image.status(), work));
  }
  if (work.take_mislabelled()) return image;
  const absl::Status labels = CheckLabels(*image);
  if (labels.ok()) return image;
  std::string advice = AdviceFor(labels, work);
  if (!work.want_configs()) {
    advice += ", and images: {wrongArchitecture: warn} takes it as it is";
  }
  return About(labels, work.reference(), work.location(), advice);
}

}  // namespace kso::worker

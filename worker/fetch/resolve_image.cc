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
#include "common/base/text.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/oci/mirrors.h"
#include "common/oci/platform.h"
#include "common/oci/reference.h"
#include "worker/fetch/document_reader.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

using Platforms = google::protobuf::RepeatedPtrField<v1::Platform>;

// Chooses the index entries for the wanted platforms, in the index's order.
// Where several satisfy one, the first is taken, as container runtimes do.
std::vector<v1::Descriptor> ChooseChildren(const oci::Index& index,
                                           const Platforms& wanted) {
  std::vector<bool> chosen(index.manifests.size(), false);
  for (const v1::Platform& platform : wanted) {
    for (size_t i = 0; i < index.manifests.size(); ++i) {
      const v1::Descriptor& entry = index.manifests[i];
      if (oci::IsManifestType(entry.media_type()) &&
          oci::PlatformSatisfies(entry.platform(), platform)) {
        chosen[i] = true;
        break;
      }
    }
  }
  std::vector<v1::Descriptor> children;
  for (size_t i = 0; i < chosen.size(); ++i) {
    if (chosen[i]) children.push_back(index.manifests[i]);
  }
  return children;
}

absl::Status AddIndexChildren(const v1::ResolveImage& work,
                              DocumentReader& reader,
                              v1::ResolvedImage& image) {
  KSO_ASSIGN_OR_RETURN(
      const oci::Index index,
      oci::ParseIndex(image.top().content(),
                      image.top().content_descriptor().media_type()));
  for (const v1::Descriptor& child : ChooseChildren(index, work.platforms())) {
    KSO_ASSIGN_OR_RETURN(v1::Document manifest, reader.Manifest(child));
    *manifest.mutable_content_descriptor()->mutable_platform() =
        child.platform();
    *image.add_manifests() = std::move(manifest);
  }
  return absl::OkStatus();
}

// Handles an image without an index: only its config knows the platform.
absl::Status AddBareManifest(DocumentReader& reader, v1::ResolvedImage& image) {
  const v1::Document& top = image.top();
  KSO_ASSIGN_OR_RETURN(
      const oci::Manifest manifest,
      oci::ParseManifest(top.content(), top.content_descriptor().media_type()));
  KSO_ASSIGN_OR_RETURN(const v1::Document config, reader.Blob(manifest.config));
  KSO_ASSIGN_OR_RETURN(const oci::ImageConfig parsed,
                       oci::ParseImageConfig(config.content()));
  v1::Document& added = *image.add_manifests();
  added = top;
  *added.mutable_content_descriptor()->mutable_platform() = parsed.platform;
  return absl::OkStatus();
}

absl::Status AddConfigs(DocumentReader& reader, v1::ResolvedImage& image) {
  for (const v1::Document& document : image.manifests()) {
    KSO_ASSIGN_OR_RETURN(
        const oci::Manifest manifest,
        oci::ParseManifest(document.content(),
                           document.content_descriptor().media_type()));
    KSO_ASSIGN_OR_RETURN(*image.add_configs(), reader.Blob(manifest.config));
  }
  return absl::OkStatus();
}

absl::Status CheckDocuments(const v1::ResolvedImage& image) {
  size_t bytes = image.top().content().size();
  for (const v1::Document& document : image.manifests()) {
    bytes += document.content().size();
  }
  for (const v1::Document& document : image.configs()) {
    bytes += document.content().size();
  }
  if (bytes <= static_cast<size_t>(kLargestDocuments)) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Concat("its index, manifests and configs are ",
             FormatBytes(static_cast<int64_t>(bytes)),
             " together, over the limit of ", FormatBytes(kLargestDocuments)));
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
  if (oci::IsIndexType(image.top().content_descriptor().media_type())) {
    KSO_RETURN_IF_ERROR(AddIndexChildren(work, reader, image));
  } else {
    KSO_RETURN_IF_ERROR(AddBareManifest(reader, image));
  }
  if (work.want_configs()) KSO_RETURN_IF_ERROR(AddConfigs(reader, image));
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
  if (image.ok()) return image;
  return About(image.status(), work.reference(), work.location());
}

}  // namespace kso::worker

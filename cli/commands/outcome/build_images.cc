// SPDX-License-Identifier: Apache-2.0
#include "cli/commands/outcome/build_images.h"

#include <filesystem>
#include <optional>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "cli/commands/outcome/added_documents.h"
#include "cli/render/build_text.h"
#include "cli/verify/evidence_beside.h"
#include "common/base/status_macros.h"
#include "common/blob/blob_image_store.h"
#include "common/blob/nearby_blob_store.h"
#include "common/bytes/digest.h"
#include "common/evidence/artifact.h"
#include "common/evidence/cosign.h"
#include "common/oci/destination.h"

namespace kso::cli {

absl::StatusOr<std::unique_ptr<BuildImages>> BuildImages::Open(
    Context& context, const v1::Build& build,
    const RegistryArguments& registry) {
  if (build.plan_only() || build.state() != v1::Build::SUCCEEDED) {
    return absl::FailedPreconditionError(
        absl::StrCat("build ", build.build_id(), " has no images: it is ",
                     build.plan_only() ? absl::string_view("a plan")
                                       : StateName(build.state()),
                     "; see `ksoctl status ", build.build_id(), "`"));
  }
  auto images = std::make_unique<BuildImages>();
  const v1::Destination& destination = build.destination();
  if (destination.kind() == v1::Destination::REGISTRY) {
    KSO_ASSIGN_OR_RETURN(
        images->registry_,
        RegistryConnection::Open({.host = oci::DestinationHost(destination),
                                  .arguments = registry,
                                  .warnings = context.console.err},
                                 context.clock));
    images->documents_ =
        std::make_unique<AddedDocuments>(&images->registry_->images());
    images->store_ = images->documents_.get();
  } else {
    NearbyBlobStore& blobs = context.coordinator->blobs();
    images->coordinator_ = CreateBlobImageStore(&blobs);
    images->link_ = [&blobs](const Digest& digest,
                             const std::filesystem::path& to) {
      return blobs.Link(digest, to);
    };
    images->store_ = images->coordinator_.get();
  }
  for (const v1::ImageResult& result : build.images()) {
    oci::LayoutImage image;
    image.index = result.index();
    image.repository = oci::DestinationRepository(destination, result.name());
    for (const std::string& tag : result.tags()) {
      image.ref_names.push_back(absl::StrCat(result.name(), ":", tag));
    }
    images->names_.push_back(std::move(image));
    KSO_RETURN_IF_ERROR(images->AddEvidence(result));
  }
  return images;
}

absl::Status BuildImages::AddEvidence(const v1::ImageResult& image) {
  const std::string& digest = image.index().digest();
  // Variants for one platform alone may be the same image.
  if (!evidence_of_.insert({image.name(), digest}).second) {
    return absl::OkStatus();
  }
  const std::string repository = names_.back().repository;
  const auto add = [&](const v1::Descriptor& document, const std::string& tag) {
    oci::LayoutImage evidence;
    evidence.index = document;
    evidence.repository = repository;
    evidence.ref_names = {absl::StrCat(image.name(), ":", tag)};
    names_.push_back(std::move(evidence));
  };
  if (registry_ == nullptr) {
    if (image.has_referrers()) {
      add(image.referrers(), evidence::ReferrersTag(digest));
    }
    return absl::OkStatus();
  }
  // Signatures come later than the build, from whoever has the key.
  KSO_ASSIGN_OR_RETURN(
      std::optional<v1::Document> list,
      ListToCarry(registry_->images(), repository, digest,
                  image.has_referrers() ? &image.referrers() : nullptr));
  if (list) {
    add(list->content_descriptor(), evidence::ReferrersTag(digest));
    documents_->Add(*std::move(list));
  }
  for (const std::string& tag :
       {evidence::SignatureTag(digest), evidence::AttestationTag(digest)}) {
    const absl::StatusOr<v1::Document> found =
        store_->GetManifest(repository, tag);
    if (absl::IsNotFound(found.status())) continue;
    KSO_RETURN_IF_ERROR(found.status());
    add(found->content_descriptor(), tag);
  }
  return absl::OkStatus();
}

absl::Status BuildImages::Explain(const absl::Status& status) const {
  // Nothing that the user named is missing, so it is no bad input.
  if (absl::IsNotFound(status)) return absl::DataLossError(status.message());
  return registry_ == nullptr ? status : NotTheCoordinator(status);
}

}  // namespace kso::cli

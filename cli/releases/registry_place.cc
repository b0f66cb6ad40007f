// SPDX-License-Identifier: Apache-2.0
#include "cli/releases/registry_place.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/bytes/digest.h"
#include "common/oci/destination.h"
#include "common/oci/media_types.h"
#include "common/oci/referrers.h"
#include "common/site.h"

namespace kso::cli {
namespace {

class RegistryPlace : public ReleasePlace {
 public:
  RegistryPlace(oci::ImageStore* store, v1::Destination destination)
      : store_(*store), destination_(std::move(destination)) {}

  absl::StatusOr<std::vector<Tag>> ListTags() override {
    std::vector<Tag> tags;
    for (const std::string_view image :
         {site::kFilesImage, site::kImagesImage}) {
      const std::string repository = RepositoryOf(image);
      KSO_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                           store_.ListTags(repository));
      for (const std::string& name : names) {
        const absl::StatusOr<v1::Descriptor> found =
            store_.HeadManifest(repository, name);
        // Some registries list a tag a little longer than it is there.
        if (absl::IsNotFound(found.status())) continue;
        KSO_RETURN_IF_ERROR(found.status());
        tags.push_back({std::string(image), name, found->digest()});
      }
    }
    return tags;
  }

  absl::StatusOr<v1::Document> Read(const PartKey& document) override {
    return store_.GetManifest(RepositoryOf(document.image), document.digest);
  }

  absl::StatusOr<std::vector<v1::Descriptor>> Referrers(
      const PartKey& document) override {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(document.digest));
    KSO_ASSIGN_OR_RETURN(
        const std::vector<oci::Referrer> referrers,
        store_.ListReferrers(RepositoryOf(document.image), digest,
                             /*artifact_type=*/""));
    std::vector<v1::Descriptor> manifests;
    for (const oci::Referrer& referrer : referrers) {
      manifests.push_back(referrer.manifest);
    }
    return manifests;
  }

  absl::StatusOr<bool> Has(const PartKey& part,
                           const v1::Descriptor& descriptor) override {
    KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(part.digest));
    const std::string repository = RepositoryOf(part.image);
    if (!oci::IsIndexType(descriptor.media_type()) &&
        !oci::IsManifestType(descriptor.media_type())) {
      return store_.HasBlob(repository, digest);
    }
    const absl::Status found =
        store_.HeadManifest(repository, part.digest).status();
    if (absl::IsNotFound(found)) return false;
    KSO_RETURN_IF_ERROR(found);
    return true;
  }

  absl::Status Remove(const Removal& removal) override {
    bool first = true;
    for (const PartKey& document : removal.documents) {
      const absl::Status deleted =
          store_.DeleteManifest(RepositoryOf(document.image), document.digest);
      if (absl::IsUnimplemented(deleted) && first) return Refused(deleted);
      KSO_RETURN_IF_ERROR(deleted);
      first = false;
    }
    for (const Tag& tag : removal.tags) KSO_RETURN_IF_ERROR(RemoveTag(tag));
    return absl::OkStatus();
  }

  std::string AfterRemoval() const override {
    return "The registry frees them when it next collects garbage: for "
           "Distribution that is `registry garbage-collect CONFIG`, while "
           "nobody pushes. Other repositories of it may still use some.";
  }

 private:
  std::string RepositoryOf(std::string_view image) const {
    return oci::DestinationRepository(destination_, image);
  }

  // Most registries take the tags along with what they name.
  absl::Status RemoveTag(const Tag& tag) {
    const std::string repository = RepositoryOf(tag.image);
    const absl::StatusOr<v1::Descriptor> found =
        store_.HeadManifest(repository, tag.name);
    if (!found.ok() || found->digest() != tag.digest) return absl::OkStatus();
    return store_.DeleteManifest(repository, tag.name);
  }

  absl::Status Refused(const absl::Status& status) const {
    return WithMessage(
        status,
        absl::StrCat(status.message(), "; nothing was deleted: ",
                     oci::DestinationHost(destination_),
                     " allows no deletions over its API. Distribution does "
                     "where its settings say storage.delete.enabled: true "
                     "($REGISTRY_STORAGE_DELETE_ENABLED); elsewhere, remove "
                     "these tags in the registry's own page or by its "
                     "retention rules"));
  }

  oci::ImageStore& store_;
  const v1::Destination destination_;
};

}  // namespace

std::unique_ptr<ReleasePlace> CreateRegistryPlace(
    oci::ImageStore* store, const v1::Destination& destination) {
  return std::make_unique<RegistryPlace>(store, destination);
}

}  // namespace kso::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/load_plan.h"

#include <set>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/destination.h"
#include "common/oci/grammar.h"
#include "common/oci/image_closure.h"
#include "common/oci/layout_index.h"
#include "common/oci/media_types.h"

namespace kso::cli {
namespace {

// Images do not look like an index of an index of an index ...
constexpr int kDeepest = 4;

class Planner {
 public:
  Planner(const ImageArchive& archive, const v1::Destination& destination,
          oci::ImageStore& registry)
      : archive_(archive), destination_(destination), registry_(registry) {}

  absl::StatusOr<LoadPlan> Run() {
    for (const oci::LayoutEntry& image : archive_.images()) {
      const size_t colon = image.name.rfind(':');
      const std::string name = image.name.substr(0, colon);
      const std::string tag =
          colon == std::string::npos ? "" : image.name.substr(colon + 1);
      const std::string repository =
          oci::DestinationRepository(destination_, name);
      if (!oci::IsValidTag(tag) || !oci::IsValidRepositoryPath(repository)) {
        return absl::InvalidArgumentError(
            Concat("the archive has an image named \"",
                   absl::CHexEscape(image.name.substr(0, 200)),
                   "\"; to be loaded it needs a name such as "
                   "kubespray-files:v0.1.0"));
      }
      KSO_RETURN_IF_ERROR(Add(repository, image.descriptor, 0));
      KSO_ASSIGN_OR_RETURN(const Digest digest,
                           Digest::Parse(image.descriptor.digest()));
      plan_.tags.push_back({repository, tag, documents_.at(digest)});
    }
    return std::move(plan_);
  }

 private:
  absl::StatusOr<v1::Document> Read(const std::string& repository,
                                    const v1::Descriptor& descriptor,
                                    const Digest& digest) {
    if (!archive_.Has(digest)) {
      return registry_.GetManifest(repository, descriptor.digest());
    }
    v1::Document document;
    *document.mutable_content_descriptor() = descriptor;
    KSO_ASSIGN_OR_RETURN(*document.mutable_content(),
                         archive_.ReadDocument(digest));
    return document;
  }

  absl::Status Add(const std::string& repository,
                   const v1::Descriptor& descriptor, int depth) {
    KSO_ASSIGN_OR_RETURN(const Digest digest,
                         Digest::Parse(descriptor.digest()));
    if (!oci::IsIndexType(descriptor.media_type()) &&
        !oci::IsManifestType(descriptor.media_type())) {
      if (depth == 0) {
        return absl::InvalidArgumentError(
            Concat("the archive names ", descriptor.digest(),
                   ", which is no image but \"",
                   absl::CHexEscape(descriptor.media_type()), "\""));
      }
      plan_.blobs[repository].emplace(digest, descriptor);
      return absl::OkStatus();
    }
    if (depth > kDeepest) {
      return absl::InvalidArgumentError(
          Concat("index ", descriptor.digest(), " is nested too deeply"));
    }
    if (!seen_.insert({repository, digest}).second) return absl::OkStatus();
    KSO_ASSIGN_OR_RETURN(v1::Document document,
                         Read(repository, descriptor, digest));
    const absl::StatusOr<std::vector<v1::Descriptor>> children =
        oci::ChildrenOf(document.content(), descriptor.media_type());
    if (!children.ok()) {
      return absl::Status(children.status().code(),
                          Concat("manifest ", descriptor.digest(), ": ",
                                 ToStd(children.status().message())));
    }
    for (const v1::Descriptor& child : *children) {
      KSO_RETURN_IF_ERROR(Add(repository, child, depth + 1));
    }
    plan_.documents.push_back({repository, document});
    documents_.emplace(digest, std::move(document));
    return absl::OkStatus();
  }

  const ImageArchive& archive_;
  const v1::Destination& destination_;
  oci::ImageStore& registry_;
  std::set<std::pair<std::string, Digest>> seen_;
  std::map<Digest, v1::Document> documents_;
  LoadPlan plan_;
};

}  // namespace

absl::StatusOr<LoadPlan> PlanLoad(const ImageArchive& archive,
                                  const v1::Destination& destination,
                                  oci::ImageStore& registry) {
  return Planner(archive, destination, registry).Run();
}

}  // namespace kso::cli

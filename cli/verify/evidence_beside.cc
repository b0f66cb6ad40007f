// SPDX-License-Identifier: Apache-2.0
#include "cli/verify/evidence_beside.h"

#include <string_view>
#include <utility>

#include "common/base/status_macros.h"
#include "common/bytes/digest.h"
#include "common/bytes/sinks.h"
#include "common/evidence/artifact.h"
#include "common/evidence/summary.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {
namespace {

// A bill of materials of a thousand items is below one MiB.
constexpr size_t kLargestEvidence = size_t{32} << 20;

bool IsEvidence(std::string_view type) {
  return type == evidence::kSpdxType || type == evidence::kInTotoType ||
         type == evidence::kSummaryType;
}

absl::StatusOr<std::vector<oci::Referrer>> ListedByRegistry(
    oci::ImageStore& store, const std::string& repository,
    const std::string& digest_text, std::string_view type) {
  KSO_ASSIGN_OR_RETURN(const Digest digest, Digest::Parse(digest_text));
  return store.ListReferrers(repository, digest, type);
}

absl::StatusOr<std::optional<v1::Document>> ListAt(
    oci::ImageStore& store, const std::string& repository,
    const std::string& tag_or_digest) {
  absl::StatusOr<v1::Document> list =
      store.GetManifest(repository, tag_or_digest);
  if (absl::IsNotFound(list.status())) return std::nullopt;
  KSO_RETURN_IF_ERROR(list.status());
  return *std::move(list);
}

absl::StatusOr<std::vector<oci::Referrer>> EntriesOf(
    const std::optional<v1::Document>& list) {
  if (!list) return std::vector<oci::Referrer>();
  return oci::ParseReferrers(list->content(),
                             list->content_descriptor().media_type());
}

// Lists tell the types of artifacts, and not always rightly, so that the
// artifact itself has to be asked.
absl::StatusOr<oci::Manifest> ManifestOf(oci::ImageStore& store,
                                         const std::string& repository,
                                         const oci::Referrer& referrer) {
  KSO_ASSIGN_OR_RETURN(
      const v1::Document document,
      store.GetManifest(repository, referrer.manifest.digest()));
  return oci::ParseManifest(document.content(),
                            document.content_descriptor().media_type());
}

absl::StatusOr<std::vector<EvidenceDocument>> EvidenceAmong(
    oci::ImageStore& store, const std::string& repository,
    const std::vector<oci::Referrer>& referrers) {
  std::vector<EvidenceDocument> documents;
  for (const oci::Referrer& referrer : referrers) {
    if (!oci::IsManifestType(referrer.manifest.media_type())) continue;
    KSO_ASSIGN_OR_RETURN(const oci::Manifest manifest,
                         ManifestOf(store, repository, referrer));
    if (manifest.layers.size() != 1) continue;
    const v1::Descriptor& layer = manifest.layers[0];
    if (!IsEvidence(layer.media_type())) continue;
    KSO_ASSIGN_OR_RETURN(std::string content,
                         ReadEvidence(store, repository, layer));
    documents.push_back({layer.media_type(), std::move(content)});
  }
  return documents;
}

// INVALID_ARGUMENT for a referrer that is no bundle.
absl::StatusOr<evidence::Bundle> BundleOf(oci::ImageStore& store,
                                          const std::string& repository,
                                          const oci::Referrer& referrer) {
  KSO_ASSIGN_OR_RETURN(const oci::Manifest manifest,
                       ManifestOf(store, repository, referrer));
  if (!evidence::HasBundle(manifest)) {
    return absl::InvalidArgumentError("it is no bundle");
  }
  KSO_ASSIGN_OR_RETURN(const std::string text,
                       ReadEvidence(store, repository, manifest.layers[0]));
  return evidence::ReadBundle(text);
}

// Returns whether an error is about what is asked for, such as a referrer that
// was deleted since it was listed, and not about whom is asked.
bool IsAboutOneReferrer(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsInvalidArgument(status) ||
         absl::IsDataLoss(status);
}

}  // namespace

absl::StatusOr<std::string> ReadEvidence(oci::ImageStore& store,
                                         const std::string& repository,
                                         const v1::Descriptor& blob) {
  StringSink sink(kLargestEvidence);
  KSO_RETURN_IF_ERROR(store.GetBlob(repository, blob, sink));
  return sink.Take();
}

absl::StatusOr<std::vector<oci::Referrer>> ListedByTag(
    oci::ImageStore& store, const std::string& repository,
    const std::string& digest) {
  KSO_ASSIGN_OR_RETURN(
      const std::optional<v1::Document> list,
      ListAt(store, repository, evidence::ReferrersTag(digest)));
  return EntriesOf(list);
}

absl::StatusOr<std::vector<EvidenceDocument>> EvidenceBeside(
    oci::ImageStore& store, const std::string& repository,
    const std::string& digest) {
  KSO_ASSIGN_OR_RETURN(const std::vector<oci::Referrer> by_tag,
                       ListedByTag(store, repository, digest));
  KSO_ASSIGN_OR_RETURN(std::vector<EvidenceDocument> documents,
                       EvidenceAmong(store, repository, by_tag));
  if (!documents.empty()) return documents;
  std::vector<oci::Referrer> listed;
  for (const std::string_view type :
       {evidence::kSpdxType, evidence::kInTotoType, evidence::kSummaryType}) {
    KSO_ASSIGN_OR_RETURN(const std::vector<oci::Referrer> of_type,
                         ListedByRegistry(store, repository, digest, type));
    listed.insert(listed.end(), of_type.begin(), of_type.end());
  }
  return EvidenceAmong(store, repository, listed);
}

absl::StatusOr<std::vector<evidence::Bundle>> BundlesBeside(
    oci::ImageStore& store, const std::string& repository,
    const std::string& digest) {
  KSO_ASSIGN_OR_RETURN(const std::vector<oci::Referrer> by_tag,
                       ListedByTag(store, repository, digest));
  KSO_ASSIGN_OR_RETURN(
      const std::vector<oci::Referrer> by_registry,
      ListedByRegistry(store, repository, digest, /*type=*/""));
  std::vector<evidence::Bundle> bundles;
  for (const oci::Referrer& referrer :
       oci::MergeReferrers(by_tag, by_registry)) {
    if (!oci::IsManifestType(referrer.manifest.media_type())) continue;
    absl::StatusOr<evidence::Bundle> bundle =
        BundleOf(store, repository, referrer);
    if (bundle.ok()) {
      bundles.push_back(*std::move(bundle));
    } else if (!IsAboutOneReferrer(bundle.status())) {
      return bundle.status();
    }
  }
  return bundles;
}

absl::StatusOr<std::optional<v1::Document>> ListToCarry(
    oci::ImageStore& store, const std::string& repository,
    const std::string& digest, const v1::Descriptor* left) {
  std::optional<v1::Document> built;
  if (left != nullptr) {
    KSO_ASSIGN_OR_RETURN(built, store.GetManifest(repository, left->digest()));
  }
  KSO_ASSIGN_OR_RETURN(
      std::optional<v1::Document> tagged,
      ListAt(store, repository, evidence::ReferrersTag(digest)));
  KSO_ASSIGN_OR_RETURN(const std::vector<oci::Referrer> by_build,
                       EntriesOf(built));
  KSO_ASSIGN_OR_RETURN(const std::vector<oci::Referrer> by_tag,
                       EntriesOf(tagged));
  KSO_ASSIGN_OR_RETURN(
      const std::vector<oci::Referrer> by_registry,
      ListedByRegistry(store, repository, digest, evidence::kBundleType));
  const std::vector<oci::Referrer> all =
      oci::MergeReferrers(oci::MergeReferrers(by_build, by_tag), by_registry);
  if (built && all.size() == by_build.size()) return built;
  if (tagged && all.size() == by_tag.size()) return tagged;
  if (all.empty()) return std::nullopt;
  return oci::MakeReferrersIndex(all);
}

}  // namespace kso::cli

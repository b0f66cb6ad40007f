// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/upstream_artifacts.h"

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "common/base/sizes.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/evidence/artifact.h"
#include "common/evidence/bundle.h"
#include "common/evidence/cosign.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/oci/referrers.h"
#include "common/text/printable_text.h"
#include "common/text/text.h"
#include "kso/v1/types.pb.h"

namespace kso::worker {
namespace {

// The most artifacts of one image that are told of, and signatures in one of
// them. The coordinator takes four times as many from a worker.
constexpr size_t kMost = 64;
// The longest media type of something signed that is told of, as for any
// descriptor (coordinator/core/base/result_check.cc).
constexpr size_t kLongestType = 255;
// The most bytes of them, half of what all documents of an image may have: a
// bill of materials may be larger, and has no place in a message.
constexpr int64_t kMostBytes = kLargestDocuments / 2;

// Reads the artifacts of one image.
class Reading {
 public:
  explicit Reading(DocumentReader& reader) : reader_(reader) {}

  // All that lies beside the manifest or index `digest`.
  absl::Status AddBeside(const std::string& digest) {
    KSO_RETURN_IF_ERROR(AddCosign(evidence::SignatureTag(digest)));
    KSO_RETURN_IF_ERROR(AddCosign(evidence::AttestationTag(digest)));
    return AddReferrers(digest);
  }

  // The artifact that `tag` names, with what is signed.
  absl::Status AddCosign(const std::string& tag) {
    KSO_ASSIGN_OR_RETURN(std::optional<v1::Document> document, Tagged(tag));
    if (!document) return absl::OkStatus();
    v1::UpstreamArtifact artifact;
    artifact.set_tag(tag);
    const absl::StatusOr<oci::Manifest> manifest = oci::ParseManifest(
        document->content(), document->content_descriptor().media_type());
    if (!manifest.ok()) {
      LeaveOut(ToStd(manifest.status().message()), artifact);
    } else if (const std::string why = WhyLeftOut(*manifest); !why.empty()) {
      LeaveOut(why, artifact);
    } else {
      for (const v1::Descriptor& layer : manifest->layers) {
        KSO_ASSIGN_OR_RETURN(*artifact.add_contents(), reader_.Blob(layer));
      }
      Keep(*std::move(document), artifact);
    }
    artifacts_.push_back(std::move(artifact));
    return absl::OkStatus();
  }

  // The list of what refers to the image `digest`, and all that it lists.
  absl::Status AddReferrers(const std::string& digest) {
    const std::string tag = evidence::ReferrersTag(digest);
    v1::UpstreamArtifact list;
    list.set_tag(tag);
    KSO_ASSIGN_OR_RETURN(std::optional<v1::Document> tagged, Tagged(tag));
    absl::StatusOr<std::vector<oci::Referrer>> by_tag = ReferrersIn(tagged);
    if (!by_tag.ok()) {
      LeaveOut(ToStd(by_tag.status().message()), list);
      by_tag.emplace();
      tagged.reset();
    }
    KSO_ASSIGN_OR_RETURN(const std::vector<oci::Referrer> by_registry,
                         reader_.Referrers(digest));
    const std::vector<oci::Referrer> all =
        oci::MergeReferrers(*by_tag, by_registry);
    // Inside, where no registry keeps a list of its own, all is found by the
    // tag. The publisher's own list stays as it is while it is whole.
    if (!all.empty() && (!tagged || all.size() > by_tag->size())) {
      tagged = oci::MakeReferrersIndex(all);
      list.clear_left_out();
    }
    for (const oci::Referrer& referrer : all) {
      KSO_RETURN_IF_ERROR(AddEntry(referrer.manifest));
    }
    const bool has_list = tagged.has_value();
    if (has_list) Keep(*std::move(tagged), list);
    if (has_list || !list.left_out().empty()) {
      artifacts_.push_back(std::move(list));
    }
    return absl::OkStatus();
  }

  // A manifest that a list names by its digest. A list may name any number:
  // those beyond the bound are told of together.
  absl::Status AddEntry(const v1::Descriptor& entry) {
    if (artifacts_.size() >= kMost) {
      if (++untold_ == 1) first_untold_ = entry.digest();
      return absl::OkStatus();
    }
    v1::UpstreamArtifact artifact;
    if (!oci::IsManifestType(entry.media_type())) {
      LeaveOut(Concat(entry.digest(), " is a ", entry.media_type()), artifact);
    } else if (entry.size() > kMostBytes - bytes_) {
      LeaveOut(TooMuch(), artifact);
    } else {
      KSO_ASSIGN_OR_RETURN(v1::Document document, reader_.Manifest(entry));
      KSO_RETURN_IF_ERROR(AddBundle(document, artifact));
      if (artifact.left_out().empty()) Keep(std::move(document), artifact);
    }
    if (!artifact.left_out().empty()) {
      artifact.mutable_manifest()->mutable_content_descriptor()->set_digest(
          entry.digest());
    }
    artifacts_.push_back(std::move(artifact));
    return absl::OkStatus();
  }

  std::vector<v1::UpstreamArtifact> Take() {
    if (untold_ > 0) {
      v1::UpstreamArtifact& rest = artifacts_.emplace_back();
      LeaveOut(untold_ == 1 ? TooMuch()
                            : Concat("it and ", untold_ - 1,
                                     " more are too many; ", TooMuch()),
               rest);
      rest.mutable_manifest()->mutable_content_descriptor()->set_digest(
          first_untold_);
    }
    return std::move(artifacts_);
  }

 private:
  // Adds the statements that are signed, where the manifest is one of a
  // signature as such.
  absl::Status AddBundle(const v1::Document& document,
                         v1::UpstreamArtifact& artifact) {
    const absl::StatusOr<oci::Manifest> manifest = oci::ParseManifest(
        document.content(), document.content_descriptor().media_type());
    if (!manifest.ok() || !evidence::HasBundle(*manifest)) {
      return absl::OkStatus();
    }
    if (const std::string why = WhyLeftOut(*manifest); !why.empty()) {
      LeaveOut(why, artifact);
      return absl::OkStatus();
    }
    for (const v1::Descriptor& layer : manifest->layers) {
      KSO_ASSIGN_OR_RETURN(*artifact.add_contents(), reader_.Blob(layer));
    }
    return absl::OkStatus();
  }

  // The text may have words of the registry.
  static void LeaveOut(std::string_view why, v1::UpstreamArtifact& artifact) {
    artifact.set_left_out(PrintableText(why));
  }

  static absl::StatusOr<std::vector<oci::Referrer>> ReferrersIn(
      const std::optional<v1::Document>& list) {
    if (!list) return std::vector<oci::Referrer>();
    return oci::ParseReferrers(list->content(),
                               list->content_descriptor().media_type());
  }

  // Nothing where there is no such tag.
  absl::StatusOr<std::optional<v1::Document>> Tagged(const std::string& tag) {
    absl::StatusOr<std::optional<v1::Document>> document =
        reader_.Top(tag, /*known=*/"");
    if (absl::IsNotFound(document.status())) return std::nullopt;
    return document;
  }

  static std::string TooMuch() {
    return Concat("the signatures and attestations of an image may be ", kMost,
                  " and have ", FormatBytes(kMostBytes), " together");
  }

  // The reason why an artifact cannot be told of; empty when it can.
  std::string WhyLeftOut(const oci::Manifest& manifest) {
    int64_t bytes = 0;
    for (const v1::Descriptor& layer : manifest.layers) {
      bytes = SaturatingAdd(bytes, layer.size());
      if (layer.media_type().size() > kLongestType) {
        return Concat(layer.digest(), " in it has too long a media type");
      }
    }
    if (manifest.layers.size() > kMost || bytes > kMostBytes - bytes_) {
      return TooMuch();
    }
    bytes_ += bytes;
    return "";
  }

  void Keep(v1::Document document, v1::UpstreamArtifact& artifact) {
    bytes_ =
        SaturatingAdd(bytes_, static_cast<int64_t>(document.content().size()));
    *artifact.mutable_manifest() = std::move(document);
  }

  DocumentReader& reader_;
  int64_t bytes_ = 0;
  std::vector<v1::UpstreamArtifact> artifacts_;
  // The entries of lists that are beyond kMost.
  size_t untold_ = 0;
  std::string first_untold_;
};

bool IsAttestation(const v1::Descriptor& entry) {
  return entry.platform().os() == "unknown" &&
         entry.platform().architecture() == "unknown";
}

// Adds the attestations that an index lists beside its manifests.
absl::Status AddAttestations(const v1::Document& document, Reading& reading) {
  KSO_ASSIGN_OR_RETURN(
      const oci::Index index,
      oci::ParseIndex(document.content(),
                      document.content_descriptor().media_type()));
  for (const v1::Descriptor& entry : index.manifests) {
    if (IsAttestation(entry)) KSO_RETURN_IF_ERROR(reading.AddEntry(entry));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<v1::UpstreamArtifact>> ReadUpstreamArtifacts(
    const v1::ResolvedImage& image, DocumentReader& reader) {
  const v1::Descriptor& top = image.top().content_descriptor();
  Reading reading(reader);
  KSO_RETURN_IF_ERROR(reading.AddBeside(top.digest()));
  if (oci::IsIndexType(top.media_type())) {
    KSO_RETURN_IF_ERROR(AddAttestations(image.top(), reading));
  }
  for (const v1::Document& index : image.indexes()) {
    KSO_RETURN_IF_ERROR(AddAttestations(index, reading));
  }
  std::set<std::string_view> seen = {top.digest()};
  for (const v1::Document& manifest : image.manifests()) {
    const std::string& digest = manifest.content_descriptor().digest();
    if (!seen.insert(digest).second) continue;
    KSO_RETURN_IF_ERROR(reading.AddBeside(digest));
  }
  return reading.Take();
}

}  // namespace kso::worker

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/upstream_signatures.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/evidence/artifact.h"
#include "common/evidence/bundle.h"
#include "common/evidence/cosign.h"
#include "common/evidence/upstream_check.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/oci/referrers.h"
#include "common/text/printable_text.h"

namespace kso::coordinator {
namespace {

bool HasItsDigest(const v1::Document& document) {
  const v1::Descriptor& descriptor = document.content_descriptor();
  return Sha256Of(document.content()).ToString() == descriptor.digest() &&
         descriptor.size() == static_cast<int64_t>(document.content().size());
}

std::set<std::string> DigestsIn(const v1::Document& index) {
  std::set<std::string> digests;
  const auto parsed =
      oci::ParseIndex(index.content(), index.content_descriptor().media_type());
  if (!parsed.ok()) return digests;
  for (const v1::Descriptor& entry : parsed->manifests) {
    digests.insert(entry.digest());
  }
  return digests;
}

// An artifact that may be carried; the reason why not otherwise.
absl::StatusOr<CarriedArtifact> Carried(const v1::UpstreamArtifact& artifact) {
  if (!artifact.left_out().empty()) {
    return absl::UnavailableError(PrintableText(artifact.left_out()));
  }
  const v1::Document& document = artifact.manifest();
  const std::string& type = document.content_descriptor().media_type();
  if (!HasItsDigest(document)) {
    return absl::DataLossError("it is not that of its digest");
  }
  CarriedArtifact carried{artifact.tag(), document, {}};
  if (oci::IsIndexType(type)) {
    KSO_RETURN_IF_ERROR(oci::ParseIndex(document.content(), type).status());
    return carried;
  }
  KSO_ASSIGN_OR_RETURN(const oci::Manifest manifest,
                       oci::ParseManifest(document.content(), type));
  carried.blobs = manifest.layers;
  carried.blobs.push_back(manifest.config);
  return carried;
}

class Judge {
 public:
  Judge(const v1::UpstreamSignatures& policy, const oci::Reference& reference,
        const v1::ResolvedImage& image)
      : policy_(policy),
        reference_(reference),
        image_(image),
        digest_(image.top().content_descriptor().digest()),
        trust_(evidence::TrustFor(policy, reference)) {}

  UpstreamJudgement Run() {
    for (const v1::UpstreamArtifact& artifact : image_.signatures()) {
      if (artifact.tag().empty() && evidence::IsBundle(ImageOf(artifact))) {
        JudgeBundle(artifact);
      } else if (artifact.tag() == evidence::SignatureTag(digest_)) {
        signatures_ = &artifact;
      } else if (artifact.tag() == evidence::AttestationTag(digest_)) {
        attestations_ = &artifact;
      } else if (artifact.tag() == evidence::ReferrersTag(digest_)) {
        referrers_ = &artifact;
      }
    }
    CheckSignatures();
    CheckAttestations();
    if (policy_.carry()) Carry();
    return std::move(judgement_);
  }

 private:
  static evidence::UpstreamImage ImageOf(const v1::UpstreamArtifact& artifact) {
    return {artifact.manifest(),
            {artifact.contents().begin(), artifact.contents().end()}};
  }

  void Fail(std::string reason) {
    if (judgement_.failure.empty()) judgement_.failure = std::move(reason);
  }

  // A signature in the form that cosign has from its version 3 on, or an
  // attestation in it.
  void JudgeBundle(const v1::UpstreamArtifact& artifact) {
    const absl::StatusOr<std::string> type =
        evidence::ClaimedType(ImageOf(artifact));
    const bool is_signature =
        type.ok() && *type == evidence::kSignaturePredicate;
    if (is_signature) is_signed_ = true;
    if (trust_.empty()) return;
    absl::StatusOr<std::string> by =
        evidence::CheckUpstreamBundle(ImageOf(artifact), digest_, trust_);
    if (!by.ok()) {
      wrong_bundles_.emplace(&artifact, by.status());
      if (is_signature) signature_fault_ = by.status();
    } else if (is_signature && judgement_.signed_by.empty()) {
      judgement_.signed_by = *std::move(by);
    }
  }

  void CheckSignatures() {
    if (signatures_ != nullptr) is_signed_ = true;
    if (!is_signed_) {
      if (policy_.require()) Fail("its publisher has not signed it");
      return;
    }
    if (trust_.empty()) {
      if (policy_.require()) {
        Fail("it is signed, and the release trusts no key for it");
      }
      return;
    }
    // One signature that is right is enough, as it is among those in one image.
    if (!judgement_.signed_by.empty()) return;
    if (signatures_ != nullptr) {
      const absl::StatusOr<CarriedArtifact> whole = Carried(*signatures_);
      absl::StatusOr<std::string> by =
          whole.ok() ? evidence::CheckUpstreamSignature(
                           ImageOf(*signatures_), reference_, digest_, trust_)
                     : absl::StatusOr<std::string>(whole.status());
      if (by.ok()) {
        judgement_.signed_by = *std::move(by);
        return;
      }
      signature_fault_ = by.status();
    }
    Fail(Concat("its signature is not right: ",
                ToStd(signature_fault_.message())));
  }

  void CheckAttestations() {
    const bool has_keys = std::any_of(
        trust_.begin(), trust_.end(),
        [](const v1::SignatureTrust& entry) { return !entry.keys().empty(); });
    if (attestations_ == nullptr || !has_keys ||
        !attestations_->left_out().empty()) {
      return;
    }
    const absl::StatusOr<std::string> by = evidence::CheckUpstreamAttestation(
        ImageOf(*attestations_), digest_, trust_);
    if (by.ok()) return;
    Fail(
        Concat("its attestation is not right: ", ToStd(by.status().message())));
  }

  // Returns whether an artifact may be where it is said to be.
  bool IsNamed(const v1::UpstreamArtifact& artifact,
               const std::set<std::string>& listed) const {
    if (!artifact.tag().empty()) {
      return &artifact == signatures_ || &artifact == attestations_ ||
             &artifact == referrers_;
    }
    return listed.contains(artifact.manifest().content_descriptor().digest());
  }

  void Carry() {
    std::set<std::string> listed = DigestsIn(image_.top());
    if (referrers_ != nullptr) listed.merge(DigestsIn(referrers_->manifest()));
    for (const v1::UpstreamArtifact& artifact : image_.signatures()) {
      if (!IsNamed(artifact, listed)) continue;
      const auto wrong = wrong_bundles_.find(&artifact);
      absl::StatusOr<CarriedArtifact> carried =
          wrong == wrong_bundles_.end() ? Carried(artifact) : wrong->second;
      if (carried.ok()) {
        judgement_.artifacts.push_back(*std::move(carried));
        continue;
      }
      const std::string& name =
          artifact.tag().empty()
              ? artifact.manifest().content_descriptor().digest()
              : artifact.tag();
      judgement_.notes.push_back(PrintableText(
          Concat(reference_.ToString(), ": ", name,
                 ", which its publisher says of it, is left where it is: ",
                 ToStd(carried.status().message()))));
    }
    ShortenList();
  }

  // Lets the list of referrers name no more than what is carried, since who
  // reads it asks for all of it.
  void ShortenList() {
    std::set<std::string> carried;
    for (const CarriedArtifact& artifact : judgement_.artifacts) {
      carried.insert(artifact.document.content_descriptor().digest());
    }
    for (CarriedArtifact& artifact : judgement_.artifacts) {
      if (artifact.tag != evidence::ReferrersTag(digest_)) continue;
      const v1::Document& list = artifact.document;
      absl::StatusOr<std::vector<oci::Referrer>> referrers =
          oci::ParseReferrers(list.content(),
                              list.content_descriptor().media_type());
      if (!referrers.ok()) continue;
      const size_t gone =
          std::erase_if(*referrers, [&](const oci::Referrer& referrer) {
            return !carried.contains(referrer.manifest.digest());
          });
      if (gone > 0) artifact.document = oci::MakeReferrersIndex(*referrers);
    }
  }

  const v1::UpstreamSignatures& policy_;
  const oci::Reference& reference_;
  const v1::ResolvedImage& image_;
  const std::string& digest_;
  const std::vector<v1::SignatureTrust> trust_;
  const v1::UpstreamArtifact* signatures_ = nullptr;
  const v1::UpstreamArtifact* attestations_ = nullptr;
  const v1::UpstreamArtifact* referrers_ = nullptr;
  // There is a signature, whoever may have made it.
  bool is_signed_ = false;
  absl::Status signature_fault_;
  // The bundles that are by nobody who is trusted, or not of this image.
  std::map<const v1::UpstreamArtifact*, absl::Status> wrong_bundles_;
  UpstreamJudgement judgement_;
};

}  // namespace

bool WantsSignatures(const v1::Release& release) {
  const v1::UpstreamSignatures& policy = release.upstream_signatures();
  return policy.carry() || policy.require() || policy.trust_size() > 0;
}

UpstreamJudgement JudgeUpstream(const v1::UpstreamSignatures& policy,
                                const oci::Reference& reference,
                                const v1::ResolvedImage& image) {
  return Judge(policy, reference, image).Run();
}

}  // namespace kso::coordinator

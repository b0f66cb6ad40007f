// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/upstream_signatures.h"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/evidence/artifact.h"
#include "common/evidence/bundle.h"
#include "common/evidence/cosign.h"
#include "common/evidence/upstream_check.h"
#include "common/oci/manifest.h"
#include "common/oci/media_types.h"
#include "common/oci/platform.h"
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

// The documents that lie beside one manifest or index, by their tags.
struct Beside {
  const v1::UpstreamArtifact* signatures = nullptr;
  const v1::UpstreamArtifact* attestations = nullptr;
  const v1::UpstreamArtifact* referrers = nullptr;
  // There is a signature, whoever may have made it.
  bool is_signed = false;
  // The signer, of those who are trusted. May be empty.
  std::string signed_by;
  // The fault of the signatures, where none of them is right.
  absl::Status fault;
};

class Judge {
 public:
  Judge(const v1::UpstreamSignatures& policy, const oci::Reference& reference,
        const v1::ResolvedImage& image)
      : policy_(policy),
        reference_(reference),
        image_(image),
        digest_(image.top().content_descriptor().digest()),
        trust_(evidence::TrustFor(policy, reference)) {
    beside_[digest_];
    for (const v1::Document& manifest : image.manifests()) {
      beside_[manifest.content_descriptor().digest()];
    }
  }

  UpstreamJudgement Run() {
    for (const v1::UpstreamArtifact& artifact : image_.signatures()) {
      if (artifact.tag().empty()) {
        if (evidence::IsBundle(ImageOf(artifact))) JudgeBundle(artifact);
        continue;
      }
      for (auto& [digest, beside] : beside_) {
        if (artifact.tag() == evidence::SignatureTag(digest)) {
          beside.signatures = &artifact;
        } else if (artifact.tag() == evidence::AttestationTag(digest)) {
          beside.attestations = &artifact;
        } else if (artifact.tag() == evidence::ReferrersTag(digest)) {
          beside.referrers = &artifact;
        }
      }
    }
    for (auto& [digest, beside] : beside_) CheckTagged(digest, beside);
    JudgeSignatures();
    for (const auto& [digest, beside] : beside_) {
      CheckAttestations(digest, beside);
    }
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
  // attestation in it. It says itself what it is about; one that is about
  // nothing here counts as a wrong one of the whole image.
  void JudgeBundle(const v1::UpstreamArtifact& artifact) {
    const evidence::UpstreamImage image = ImageOf(artifact);
    const absl::StatusOr<std::string> type = evidence::ClaimedType(image);
    const bool is_signature =
        type.ok() && *type == evidence::kSignaturePredicate;
    Beside& whole = beside_.at(digest_);
    if (trust_.empty()) {
      if (is_signature) whole.is_signed = true;
      return;
    }
    absl::Status fault;
    for (auto& [digest, beside] : beside_) {
      absl::StatusOr<std::string> by =
          evidence::CheckUpstreamBundle(image, digest, trust_);
      if (by.ok()) {
        if (!is_signature) return;
        beside.is_signed = true;
        if (beside.signed_by.empty()) beside.signed_by = *std::move(by);
        return;
      }
      if (digest == digest_) fault = by.status();
    }
    wrong_.emplace(&artifact, fault);
    if (!is_signature) return;
    whole.is_signed = true;
    whole.fault = fault;
  }

  // The signatures under cosign's tag for `digest`.
  void CheckTagged(const std::string& digest, Beside& beside) {
    if (beside.signatures == nullptr) return;
    beside.is_signed = true;
    // One signature that is right is enough, as it is among those in one image.
    if (trust_.empty() || !beside.signed_by.empty()) return;
    const absl::StatusOr<CarriedArtifact> whole = Carried(*beside.signatures);
    absl::StatusOr<std::string> by =
        whole.ok()
            ? evidence::CheckUpstreamSignature(ImageOf(*beside.signatures),
                                               reference_, digest, trust_)
            : absl::StatusOr<std::string>(whole.status());
    if (by.ok()) {
      beside.signed_by = *std::move(by);
    } else {
      beside.fault = by.status();
      wrong_.emplace(beside.signatures, by.status());
    }
  }

  // An image is signed where its index is, or else each of its platforms here.
  void JudgeSignatures() {
    const bool any =
        std::any_of(beside_.begin(), beside_.end(),
                    [](const auto& entry) { return entry.second.is_signed; });
    const std::string& whole = beside_.at(digest_).signed_by;
    if (!any) {
      if (policy_.require()) Fail("its publisher has not signed it");
    } else if (trust_.empty()) {
      if (policy_.require()) {
        Fail("it is signed, and the release trusts no key for it");
      }
    } else if (!whole.empty()) {
      judgement_.signed_by = whole;
    } else {
      JudgePlatforms();
    }
  }

  // Judges the signatures of single platforms, where the index has no right
  // one.
  void JudgePlatforms() {
    std::set<std::string> signers;
    std::vector<std::string> lacking;
    for (const v1::Document& manifest : image_.manifests()) {
      const v1::Descriptor& descriptor = manifest.content_descriptor();
      const std::string& by = beside_.at(descriptor.digest()).signed_by;
      if (by.empty()) {
        lacking.push_back(oci::FormatPlatform(descriptor.platform()));
      } else {
        signers.insert(by);
      }
    }
    if (lacking.empty() && !signers.empty()) {
      judgement_.signed_by = absl::StrJoin(signers, ", ");
      return;
    }
    for (const auto& [digest, beside] : beside_) {
      if (!beside.is_signed || !beside.signed_by.empty()) continue;
      Fail(Concat(digest == digest_ ? "its signature"
                                    : Concat("the signature of ", digest,
                                             ", one of its platforms,"),
                  " is not right: ", ToStd(beside.fault.message())));
    }
    if (policy_.require()) {
      Fail(Concat("its publisher has signed single platforms of it, and not ",
                  absl::StrJoin(lacking, ", ")));
    }
  }

  void CheckAttestations(const std::string& digest, const Beside& beside) {
    const bool has_keys = std::any_of(
        trust_.begin(), trust_.end(),
        [](const v1::SignatureTrust& entry) { return !entry.keys().empty(); });
    if (beside.attestations == nullptr || !has_keys ||
        !beside.attestations->left_out().empty()) {
      return;
    }
    const absl::StatusOr<std::string> by = evidence::CheckUpstreamAttestation(
        ImageOf(*beside.attestations), digest, trust_);
    if (by.ok()) return;
    Fail(
        Concat("its attestation is not right: ", ToStd(by.status().message())));
  }

  // Returns whether an artifact may be where it is said to be.
  bool IsNamed(const v1::UpstreamArtifact& artifact,
               const std::set<std::string>& listed) const {
    if (artifact.tag().empty()) {
      return listed.contains(artifact.manifest().content_descriptor().digest());
    }
    return std::any_of(beside_.begin(), beside_.end(), [&](const auto& entry) {
      const Beside& beside = entry.second;
      return &artifact == beside.signatures ||
             &artifact == beside.attestations || &artifact == beside.referrers;
    });
  }

  void Carry() {
    std::set<std::string> listed = DigestsIn(image_.top());
    for (const v1::Document& index : image_.indexes()) {
      listed.merge(DigestsIn(index));
    }
    for (const auto& [digest, beside] : beside_) {
      if (beside.referrers == nullptr) continue;
      listed.merge(DigestsIn(beside.referrers->manifest()));
    }
    for (const v1::UpstreamArtifact& artifact : image_.signatures()) {
      if (!IsNamed(artifact, listed)) continue;
      const auto wrong = wrong_.find(&artifact);
      absl::StatusOr<CarriedArtifact> carried =
          wrong == wrong_.end() ? Carried(artifact) : wrong->second;
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
    ShortenLists();
  }

  // Lets the lists of referrers name no more than what is carried, since who
  // reads one asks for all of it.
  void ShortenLists() {
    std::set<std::string> carried;
    for (const CarriedArtifact& artifact : judgement_.artifacts) {
      carried.insert(artifact.document.content_descriptor().digest());
    }
    for (CarriedArtifact& artifact : judgement_.artifacts) {
      const bool is_list =
          std::any_of(beside_.begin(), beside_.end(), [&](const auto& entry) {
            return artifact.tag == evidence::ReferrersTag(entry.first);
          });
      if (!is_list) continue;
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
  // By the digests of what the reference names, and of the manifests of the
  // image's platforms.
  std::map<std::string, Beside> beside_;
  // The signatures and bundles that are by nobody who is trusted, or not of
  // this image.
  std::map<const v1::UpstreamArtifact*, absl::Status> wrong_;
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

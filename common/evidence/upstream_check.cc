// SPDX-License-Identifier: Apache-2.0
#include "common/evidence/upstream_check.h"

#include <algorithm>
#include <map>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/digest.h"
#include "common/evidence/bundle.h"
#include "common/evidence/cosign.h"
#include "common/evidence/envelope.h"
#include "common/evidence/keyless.h"
#include "common/evidence/statement.h"
#include "common/oci/manifest.h"
#include "common/pki/signer.h"
#include "common/release/image_patterns.h"
#include "common/text/json.h"
#include "common/text/printable_text.h"

namespace kso::evidence {
namespace {

// The faults of signatures, the more telling the later. What nobody who is
// trusted has signed says nothing about the image, whatever it claims.
enum class Fault {
  kNone,
  kDamaged,
  kOtherKey,
  kOtherIdentity,
  kOtherImage,
  kOtherName
};

// Keeps the most telling of the faults that were found.
class Faults {
 public:
  void Add(Fault fault, std::string text) {
    if (fault <= worst_) return;
    worst_ = fault;
    text_ = std::move(text);
  }

  absl::Status ToStatus(std::string_view what) const {
    return absl::DataLossError(worst_ == Fault::kNone
                                   ? Concat("there is no ", what, " in it")
                                   : text_);
  }

 private:
  Fault worst_ = Fault::kNone;
  std::string text_;
};

// The content of a layer, whose bytes are those of its digest.
absl::StatusOr<std::string_view> ContentOf(const UpstreamImage& image,
                                           const v1::Descriptor& layer,
                                           size_t position) {
  if (position >= image.contents.size()) {
    return absl::DataLossError("a layer of it is missing");
  }
  const std::string& content = image.contents[position].content();
  if (Sha256Of(content).ToString() != layer.digest()) {
    return absl::DataLossError("a layer of it is not that of its digest");
  }
  return content;
}

absl::StatusOr<oci::Manifest> ParsedManifest(const UpstreamImage& image) {
  const v1::Document& document = image.manifest;
  return oci::ParseManifest(document.content(),
                            document.content_descriptor().media_type());
}

absl::StatusOr<Bundle> BundleIn(const UpstreamImage& artifact) {
  KSO_ASSIGN_OR_RETURN(const oci::Manifest manifest, ParsedManifest(artifact));
  if (!HasBundle(manifest)) {
    return absl::InvalidArgumentError("there is no bundle in it");
  }
  KSO_ASSIGN_OR_RETURN(const std::string_view content,
                       ContentOf(artifact, manifest.layers[0], 0));
  return ReadBundle(content);
}

// The annotations of a layer; empty where there are none.
std::map<std::string, std::string> AnnotationsOf(const Json& manifest,
                                                 size_t layer) {
  std::map<std::string, std::string> texts;
  const absl::StatusOr<const Json*> annotations =
      FieldOf(manifest["layers"][layer], "annotations");
  if (!annotations.ok() || *annotations == nullptr) return texts;
  for (const auto& [key, value] : (*annotations)->items()) {
    if (value.is_string()) texts[key] = value.get<std::string>();
  }
  return texts;
}

std::string KeyInWords(const std::string& key) {
  const absl::StatusOr<std::string> name = pki::PublicKeyName(key);
  return name.ok() ? Concat("the key ", *name) : std::string("a key");
}

// A key that may have signed, and whose it is, for people.
struct Candidate {
  std::string key;
  std::string words;
};

// The keys of those whom an entry of the policy trusts, of which an identity's
// is known from the signature itself.
std::vector<Candidate> CandidatesOf(const v1::SignatureTrust& trust,
                                    const KeylessSignature& signature,
                                    Faults& faults) {
  std::vector<Candidate> candidates;
  for (const std::string& key : trust.keys()) {
    candidates.push_back({key, KeyInWords(key)});
  }
  if (trust.identity().empty()) return candidates;
  const absl::StatusOr<std::string> key = KeyOfIdentity(signature, trust);
  if (key.ok()) {
    candidates.push_back({*key, Concat("the identity ", trust.identity(),
                                       " at ", trust.issuer())});
  } else {
    faults.Add(Fault::kOtherIdentity,
               PrintableText(ToStd(key.status().message()), 500));
  }
  return candidates;
}

// Returns whether a signature may give this name for the image.
bool MayBeNamed(const std::string& name, const oci::Reference& image,
                const v1::SignatureTrust& trust) {
  const absl::StatusOr<oci::Reference> named = oci::Reference::Parse(name);
  if (!named.ok()) return false;
  return named->Name() == image.Name() ||
         std::any_of(trust.signed_as().begin(), trust.signed_as().end(),
                     [&](const std::string& pattern) {
                       return release::MatchesImage(pattern, *named);
                     });
}

}  // namespace

std::vector<v1::SignatureTrust> TrustFor(const v1::UpstreamSignatures& policy,
                                         const oci::Reference& image) {
  std::vector<v1::SignatureTrust> trust;
  for (const v1::SignatureTrust& entry : policy.trust()) {
    if (std::any_of(entry.images().begin(), entry.images().end(),
                    [&](const std::string& pattern) {
                      return release::MatchesImage(pattern, image);
                    })) {
      trust.push_back(entry);
    }
  }
  return trust;
}

absl::StatusOr<std::string> CheckUpstreamSignature(
    const UpstreamImage& signatures, const oci::Reference& image,
    std::string_view digest, const std::vector<v1::SignatureTrust>& trust) {
  KSO_ASSIGN_OR_RETURN(const oci::Manifest manifest,
                       ParsedManifest(signatures));
  KSO_ASSIGN_OR_RETURN(const Json json,
                       ParseJson(signatures.manifest.content()));
  Faults faults;
  for (size_t i = 0; i < manifest.layers.size(); ++i) {
    const absl::StatusOr<std::string_view> payload =
        ContentOf(signatures, manifest.layers[i], i);
    if (!payload.ok()) {
      faults.Add(Fault::kDamaged, std::string(payload.status().message()));
      continue;
    }
    const absl::StatusOr<SimpleSigning> claims = ReadSimpleSigning(*payload);
    std::map<std::string, std::string> annotations = AnnotationsOf(json, i);
    const KeylessSignature signature = {
        .payload = std::string(*payload),
        .signature = annotations[std::string(kSignatureAnnotation)],
        .certificate = annotations["dev.sigstore.cosign/certificate"],
        .chain = annotations["dev.sigstore.cosign/chain"],
        .bundle = annotations["dev.sigstore.cosign/bundle"]};
    for (const v1::SignatureTrust& entry : trust) {
      for (const Candidate& candidate :
           CandidatesOf(entry, signature, faults)) {
        const std::string claimed = claims.ok() ? claims->digest : "";
        if (!VerifySimpleSigning(*payload, signature.signature, claimed,
                                 candidate.key)
                 .ok()) {
          faults.Add(Fault::kOtherKey,
                     "it is not by a key that the release trusts for it");
        } else if (claimed != digest) {
          faults.Add(Fault::kOtherImage,
                     Concat("it is of another image, ",
                            PrintableText(claimed, 100), ", not of ", digest));
        } else if (!MayBeNamed(claims->reference, image, entry)) {
          faults.Add(Fault::kOtherName,
                     Concat("it is for another repository, ",
                            PrintableText(claims->reference, 300)));
        } else {
          return candidate.words;
        }
      }
    }
  }
  return faults.ToStatus("signature");
}

absl::StatusOr<std::string> CheckUpstreamAttestation(
    const UpstreamImage& attestations, std::string_view digest,
    const std::vector<v1::SignatureTrust>& trust) {
  KSO_ASSIGN_OR_RETURN(const oci::Manifest manifest,
                       ParsedManifest(attestations));
  Faults faults;
  for (size_t i = 0; i < manifest.layers.size(); ++i) {
    const absl::StatusOr<std::string_view> envelope =
        ContentOf(attestations, manifest.layers[i], i);
    if (!envelope.ok()) {
      faults.Add(Fault::kDamaged, std::string(envelope.status().message()));
      continue;
    }
    for (const v1::SignatureTrust& entry : trust) {
      for (const std::string& key : entry.keys()) {
        const absl::StatusOr<std::string> statement =
            OpenEnvelope(*envelope, kStatementType, key);
        if (!statement.ok()) {
          faults.Add(Fault::kOtherKey,
                     "it is not by a key that the release trusts for it");
        } else if (!PredicateAbout(*statement, digest).ok()) {
          faults.Add(Fault::kOtherImage, "it is about another image");
        } else {
          return KeyInWords(key);
        }
      }
    }
  }
  return faults.ToStatus("attestation");
}

bool IsBundle(const UpstreamImage& artifact) {
  const absl::StatusOr<oci::Manifest> manifest = ParsedManifest(artifact);
  return manifest.ok() && HasBundle(*manifest);
}

absl::StatusOr<std::string> ClaimedType(const UpstreamImage& artifact) {
  KSO_ASSIGN_OR_RETURN(const Bundle bundle, BundleIn(artifact));
  return bundle.claimed_type;
}

absl::StatusOr<std::string> CheckUpstreamBundle(
    const UpstreamImage& artifact, std::string_view digest,
    const std::vector<v1::SignatureTrust>& trust) {
  KSO_ASSIGN_OR_RETURN(const Bundle bundle, BundleIn(artifact));
  Faults faults;
  for (const v1::SignatureTrust& entry : trust) {
    for (const Candidate& candidate :
         CandidatesOf(entry, bundle.keyless, faults)) {
      const absl::StatusOr<std::string> statement =
          OpenEnvelope(bundle.envelope, kStatementType, candidate.key);
      if (!statement.ok()) {
        faults.Add(Fault::kOtherKey,
                   "it is not by a key that the release trusts for it");
      } else if (!PredicateAbout(*statement, digest).ok()) {
        faults.Add(Fault::kOtherImage, "it is of another image");
      } else {
        return candidate.words;
      }
    }
  }
  return faults.ToStatus("signature");
}

}  // namespace kso::evidence

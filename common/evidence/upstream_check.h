// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_EVIDENCE_UPSTREAM_CHECK_H_
#define KSO_COMMON_EVIDENCE_UPSTREAM_CHECK_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/oci/reference.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/types.pb.h"

namespace kso::evidence {

// The signatures, or attestations, that a publisher made of an image, as cosign
// keeps them: the manifest, and the content of each of its layers, in order.
// Nothing about them has been checked.
struct UpstreamImage {
  v1::Document manifest;
  std::vector<v1::Document> contents;
};

// The trust that a release has in signatures of an image: the entries of its
// policy whose patterns match.
std::vector<v1::SignatureTrust> TrustFor(const v1::UpstreamSignatures& policy,
                                         const oci::Reference& image);

// Returns the first of those who are trusted that has signed the image
// `digest`, for people: "the key sha256:HEX", "the identity PATTERN at ISSUER".
// DATA_LOSS, with what is wrong with the signature that
// came nearest, when nobody who is trusted has: it is by another key, or of
// another image, or names another repository.
absl::StatusOr<std::string> CheckUpstreamSignature(
    const UpstreamImage& signatures, const oci::Reference& image,
    std::string_view digest, const std::vector<v1::SignatureTrust>& trust);

// As above, of attestations (in-toto statements in envelopes) about the image.
// Those of identities are not checked: only keys count.
absl::StatusOr<std::string> CheckUpstreamAttestation(
    const UpstreamImage& attestations, std::string_view digest,
    const std::vector<v1::SignatureTrust>& trust);

// Returns whether the artifact is one of Sigstore's bundles (bundle.h).
bool IsBundle(const UpstreamImage& artifact);

// The type of what a bundle states, by its own word: kSignaturePredicate where
// it is a signature, otherwise that of an attestation. Errors are those of
// ReadBundle, and DATA_LOSS where its bytes are not those of its digest.
absl::StatusOr<std::string> ClaimedType(const UpstreamImage& artifact);

// As CheckUpstreamSignature, of a bundle, whatever it states about the image.
// A bundle names no repository, so any will do. Keys and identities count.
absl::StatusOr<std::string> CheckUpstreamBundle(
    const UpstreamImage& artifact, std::string_view digest,
    const std::vector<v1::SignatureTrust>& trust);

}  // namespace kso::evidence

#endif  // KSO_COMMON_EVIDENCE_UPSTREAM_CHECK_H_

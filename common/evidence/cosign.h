// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_EVIDENCE_COSIGN_H_
#define KSO_COMMON_EVIDENCE_COSIGN_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/pki/signer.h"
#include "kso/v1/types.pb.h"

namespace kso::evidence {

// Signatures and attestations as cosign finds them: as images of one repository
// with tags that are made of the digest of what is signed
// (github.com/sigstore/cosign, specs/SIGNATURE_SPEC.md and
// ATTESTATION_SPEC.md).

// An image that cosign reads: its blobs and its manifest.
struct CosignImage {
  std::vector<v1::Document> blobs;
  v1::Document manifest;
  // "sha256-HEX.sig" or "sha256-HEX.att".
  std::string tag;
};

std::string SignatureTag(std::string_view digest);
std::string AttestationTag(std::string_view digest);

// The text that a signature is over: "simple signing". `reference` is the
// repository, with host, by which the image is known where it is signed.
std::string SimpleSigningPayload(std::string_view reference,
                                 std::string_view digest);

// Signs the image `digest`.
absl::StatusOr<CosignImage> SignImage(std::string_view reference,
                                      std::string_view digest,
                                      pki::Signer& signer);

// A statement that an attestation makes, an in-toto statement, and its type.
struct Statement {
  std::string predicate_type;
  std::string json;
};

// Signs statements about the image `digest`.
absl::StatusOr<CosignImage> AttestImage(
    std::string_view digest, const std::vector<Statement>& statements,
    pki::Signer& signer);

// The claims of a text that a signature is over.
struct SimpleSigning {
  // The repository, with host, of the image; as its signer knows it.
  std::string reference;
  std::string digest;
};

// INVALID_ARGUMENT for what is no such text of cosign's.
absl::StatusOr<SimpleSigning> ReadSimpleSigning(std::string_view payload);

// OK when a layer of a signature image is a signature of `digest` by
// `public_key` (PEM). `annotation` is the layer's
// "dev.cosignproject.cosign/signature". DATA_LOSS when it is not.
absl::Status VerifySimpleSigning(std::string_view payload,
                                 std::string_view annotation,
                                 std::string_view digest,
                                 std::string_view public_key);

// The type of a layer that is a text which a signature is over.
inline constexpr std::string_view kSimpleSigningType =
    "application/vnd.dev.cosign.simplesigning.v1+json";
// The name of the annotation of a layer with its signature.
inline constexpr std::string_view kSignatureAnnotation =
    "dev.cosignproject.cosign/signature";

}  // namespace kso::evidence

#endif  // KSO_COMMON_EVIDENCE_COSIGN_H_

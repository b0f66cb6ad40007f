// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_EVIDENCE_BUNDLE_H_
#define KSO_COMMON_EVIDENCE_BUNDLE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/evidence/keyless.h"
#include "common/oci/manifest.h"

namespace kso::evidence {

// Sigstore's bundles: a signed statement with what verifies it, in one document
// (github.com/sigstore/protobuf-specs, sigstore_bundle.proto, 0.1 to 0.3). They
// refer to their image as OCI artifacts; cosign signs so by default from its
// version 3 on (sigstore/cosign, specs/BUNDLE_SPEC.md).

// The type of the statement that is cosign's signature of an image. It says no
// more than which image.
inline constexpr std::string_view kSignaturePredicate =
    "https://sigstore.dev/cosign/sign/v1";

// The type of bundles, and of the artifacts that they are, since 0.3.
inline constexpr std::string_view kBundleType =
    "application/vnd.dev.sigstore.bundle.v0.3+json";

// Returns whether the artifact is a bundle, by the type of its only layer:
// lists of referrers do not always tell the type.
bool HasBundle(const oci::Manifest& artifact);

struct Bundle {
  // The signed statement (DSSE), for OpenEnvelope.
  std::string envelope;
  // The predicate's type that the envelope claims to state, of which nothing
  // has been verified.
  std::string claimed_type;
  // For KeyOfIdentity; without a certificate where a key has signed.
  KeylessSignature keyless;
};

// INVALID_ARGUMENT for what is no bundle around a signed statement.
absl::StatusOr<Bundle> ReadBundle(std::string_view json);

}  // namespace kso::evidence

#endif  // KSO_COMMON_EVIDENCE_BUNDLE_H_

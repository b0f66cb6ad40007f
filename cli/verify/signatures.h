// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_SIGNATURES_H_
#define KSO_CLI_VERIFY_SIGNATURES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/oci/image_store.h"
#include "common/oci/reference.h"
#include "common/pki/signer.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// An image in a registry that is signed, or whose signatures are checked.
struct SignedImage {
  // "registry.example.com/team/kubespray-files", as the signature names it.
  std::string name;
  // Its path in the registry.
  std::string repository;
  // The document that the tag points at.
  v1::Descriptor index;
};

// Looks the image up that `reference` names, in its registry. Errors are those
// of ImageStore::HeadManifest.
absl::StatusOr<SignedImage> FindSignedImage(oci::ImageStore& store,
                                            const oci::Reference& reference);

// The documents that SignInRegistry signed.
struct Signed {
  std::string signature_tag;
  // Empty where there is no evidence to attest.
  std::string attestation_tag;
  // The types of what is attested.
  std::vector<std::string> predicates;
};

// Signs the image, and attests its bill of materials, its provenance and the
// release's summary where the build left them beside it (evidence_beside.h), as
// cosign does. ALREADY_EXISTS when it is signed and `replace` is false;
// DATA_LOSS, and nothing is signed, when a statement beside it is about another
// image.
absl::StatusOr<Signed> SignInRegistry(oci::ImageStore& store,
                                      const SignedImage& image,
                                      pki::Signer& signer, bool replace);

// The predicates that are attested by `public_key` (PEM), which has also signed
// the image itself: under cosign's tags, or in bundles, which are cosign's form
// from its version 3 on. NOT_FOUND when there is no signature; DATA_LOSS when
// none, or not every attestation under a tag, is by that key and of that image.
absl::StatusOr<std::vector<std::string>> CheckSignatures(
    oci::ImageStore& store, const SignedImage& image,
    const std::string& public_key);

// The summary of the release that the build left beside the image; NOT_FOUND
// when there is none.
absl::StatusOr<std::string> ReadSummary(oci::ImageStore& store,
                                        const SignedImage& image);

// The summary that `public_key` has attested, which has also signed the image.
// The errors are those of CheckSignatures; NOT_FOUND when it has attested none.
absl::StatusOr<std::string> ReadAttestedSummary(oci::ImageStore& store,
                                                const SignedImage& image,
                                                const std::string& public_key);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_SIGNATURES_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_VERIFY_EVIDENCE_BESIDE_H_
#define KSO_CLI_VERIFY_EVIDENCE_BESIDE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/evidence/bundle.h"
#include "common/oci/image_store.h"
#include "common/oci/referrers.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// The things that lie beside an image in its repository, found by the tag that
// stands for its list of referrers, and by the registry's own list (OCI
// distribution spec 1.1, "Listing Referrers"): a tool that copies an image with
// its referrers may leave the tag behind. `digest` has been checked.

// The content of a blob that is a document about an image. INVALID_ARGUMENT
// when it is larger than any such document; other errors are the store's.
absl::StatusOr<std::string> ReadEvidence(oci::ImageStore& store,
                                         const std::string& repository,
                                         const v1::Descriptor& blob);

// The referrers that the tag lists; none where there is no such tag.
absl::StatusOr<std::vector<oci::Referrer>> ListedByTag(
    oci::ImageStore& store, const std::string& repository,
    const std::string& digest);

// A document about an image, and its media type.
struct EvidenceDocument {
  std::string type;
  std::string content;
};

// The bill of materials, the provenance and the summary that a build left. What
// the tag lists counts before what the registry does, where anybody who pushes
// may add to it.
absl::StatusOr<std::vector<EvidenceDocument>> EvidenceBeside(
    oci::ImageStore& store, const std::string& repository,
    const std::string& digest);

// The signatures and attestations in the form of bundles, of which nothing has
// been verified. One that is gone, damaged or malformed is left out: anybody
// who pushes could keep the others from being found by it.
absl::StatusOr<std::vector<evidence::Bundle>> BundlesBeside(
    oci::ImageStore& store, const std::string& repository,
    const std::string& digest);

// The list of all that belongs to an image that is carried elsewhere: what its
// build left, if anything (`left`, a list), what the tag lists by now, and the
// bundles that the registry lists. It is one of the two lists where that has
// all, and made otherwise. Nothing where there is nothing.
absl::StatusOr<std::optional<v1::Document>> ListToCarry(
    oci::ImageStore& store, const std::string& repository,
    const std::string& digest, const v1::Descriptor* left);

}  // namespace kso::cli

#endif  // KSO_CLI_VERIFY_EVIDENCE_BESIDE_H_

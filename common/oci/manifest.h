// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_MANIFEST_H_
#define KSO_COMMON_OCI_MANIFEST_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "kso/v1/types.pb.h"

namespace kso::oci {

// The annotation, or the label of a config, by which a publisher states under
// which licences an image is distributed (OCI image spec, annotations.md): an
// SPDX expression as it should be, and any text, bounded and printable, as it
// is.
inline constexpr std::string_view kLicensesKey =
    "org.opencontainers.image.licenses";

// The fields of a platform manifest that kso acts on (OCI image spec,
// manifest.md; Docker image manifest version 2, schema 2). The bytes stay the
// authority.
struct Manifest {
  std::string media_type;
  v1::Descriptor config;
  std::vector<v1::Descriptor> layers;
  // The annotation kLicensesKey; empty where there is none.
  std::string licenses;
};

// The fields of an index (OCI image spec, image-index.md; Docker manifest
// list).
struct Index {
  std::string media_type;
  // All entries, attestations too, with the platforms of those that name both
  // os and architecture.
  std::vector<v1::Descriptor> manifests;
  // As in Manifest.
  std::string licenses;
};

// Returns the media type of a document that came without one that says
// something: the one that it names itself, else the one whose shape it has
// (OCI's, and Docker's for schema 1); empty when there is none.
std::string DocumentType(std::string_view content);

// UNIMPLEMENTED, which says that an image is one of schema 1.
absl::Status Schema1Error();

// INVALID_ARGUMENT, a predicate of the image, when `manifest` is well-formed
// but describes something that no container runtime can run: an artifact of
// another kind (a chart, a signature, a bill of materials), or an image without
// layers.
absl::Status CheckIsImage(const Manifest& manifest);

// The fields of an image config that kso needs (OCI image spec, config.md).
struct ImageConfig {
  v1::Platform platform;
  std::vector<std::string> diff_ids;
  // The label kLicensesKey; empty where there is none.
  std::string licenses;
};

// Each function refuses, with INVALID_ARGUMENT and the reason: bytes that are
// not JSON of the right shape; a `mediaType` that disagrees with `media_type`,
// the Content-Type that they came with; both `manifests` and `layers`; digests
// and sizes that are not such; foreign layers (`urls`); fields that kso does
// not act on and registries cannot read. Docker schema 1 is UNIMPLEMENTED: see
// Schema1Error.
absl::StatusOr<Manifest> ParseManifest(std::string_view content,
                                       std::string_view media_type);
absl::StatusOr<Index> ParseIndex(std::string_view content,
                                 std::string_view media_type);
absl::StatusOr<ImageConfig> ParseImageConfig(std::string_view content);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_MANIFEST_H_

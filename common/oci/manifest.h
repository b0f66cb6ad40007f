// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_MANIFEST_H_
#define KSO_COMMON_OCI_MANIFEST_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/oci/platform.h"
#include "kso/v1/types.pb.h"

namespace kso::oci {

// What a platform manifest says (OCI image spec, manifest.md; Docker image
// manifest version 2, schema 2). Only the fields that kso acts on; the bytes
// stay the authority.
struct Manifest {
  std::string media_type;
  v1::Descriptor config;
  std::vector<v1::Descriptor> layers;
};

// What an index says (OCI image spec, image-index.md; Docker manifest list).
struct Index {
  std::string media_type;
  // All entries, with their platforms; attestations too.
  std::vector<v1::Descriptor> manifests;
};

// What kso needs of an image config (OCI image spec, config.md).
struct ImageConfig {
  v1::Platform platform;
  std::vector<std::string> diff_ids;
};

// Each refuses, with INVALID_ARGUMENT and the reason: what is not JSON of the
// right shape; a `mediaType` that disagrees with `media_type`, the Content-Type
// that it came with; both `manifests` and `layers`; digests and sizes that are
// not such; foreign layers (`urls`); Docker schema 1.
absl::StatusOr<Manifest> ParseManifest(std::string_view content,
                                       std::string_view media_type);
absl::StatusOr<Index> ParseIndex(std::string_view content,
                                 std::string_view media_type);
absl::StatusOr<ImageConfig> ParseImageConfig(std::string_view content);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_MANIFEST_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_IMAGE_CLOSURE_H_
#define KSO_COMMON_OCI_IMAGE_CLOSURE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/oci/image_store.h"
#include "kso/v1/types.pb.h"

namespace kso::oci {

// Something that an image consists of.
struct ImagePart {
  v1::Descriptor descriptor;
  // Where in the store it is.
  std::string repository;
  // All of an index or manifest; empty for configs and layers.
  std::string content;
};

// Everything that `roots`, indexes or manifests in `store`, consist of, the
// roots included: each digest once, sorted by digest. Of each root, only
// `descriptor` and `repository` are looked at. NOT_FOUND when an index or
// manifest is not there, DATA_LOSS when it is not what its descriptor says;
// configs and layers are not looked at.
absl::StatusOr<std::vector<ImagePart>> ImageClosure(
    ImageStore& store, const std::vector<ImagePart>& roots);

// What `content`, an index or manifest of that type, points to: children in the
// order of the document, a manifest's config first.
absl::StatusOr<std::vector<v1::Descriptor>> ChildrenOf(
    std::string_view content, std::string_view media_type);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_IMAGE_CLOSURE_H_

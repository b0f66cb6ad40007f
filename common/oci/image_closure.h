// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_IMAGE_CLOSURE_H_
#define KSO_COMMON_OCI_IMAGE_CLOSURE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/oci/image_store.h"
#include "kso/v1/types.pb.h"

namespace kso::oci {

// A part of an image: an index, manifest, config or layer.
struct ImagePart {
  v1::Descriptor descriptor;
  // The part's repository in the store.
  std::string repository;
  // All of an index or manifest; empty for configs and layers.
  std::string content;
};

// The closure of `roots`, indexes or manifests in `store`: the roots and
// everything that they refer to, each digest once, sorted by digest. Of each
// root, only `descriptor` and `repository` are looked at. NOT_FOUND when an
// index or manifest is not there, DATA_LOSS when it is not what its descriptor
// says; configs and layers are not looked at.
absl::StatusOr<std::vector<ImagePart>> ImageClosure(
    ImageStore& store, const std::vector<ImagePart>& roots);

// The descriptors that `content`, an index or manifest of that type, refers to:
// children in the order of the document, a manifest's config first.
absl::StatusOr<std::vector<v1::Descriptor>> ChildrenOf(
    std::string_view content, std::string_view media_type);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_IMAGE_CLOSURE_H_

#ifndef KSO_COMMON_OCI_IMAGE_CLOSURE_H_
#define KSO_COMMON_OCI_IMAGE_CLOSURE_H_

#include <vector>

#include "absl/status/statusor.h"
#include "common/blob/blob_store.h"
#include "kso/v1/types.pb.h"

namespace kso::oci {

// Everything that `roots`, indexes or manifests in `blobs`, consist of, the
// roots included: each digest once, sorted by digest. NOT_FOUND when an index
// or manifest is not there; configs and layers are not looked at.
absl::StatusOr<std::vector<v1::Descriptor>> ImageClosure(
    BlobStore& blobs, const std::vector<v1::Descriptor>& roots);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_IMAGE_CLOSURE_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_BLOB_DATA_PATH_H_
#define KSO_COMMON_OCI_BLOB_DATA_PATH_H_

#include <string>
#include <string_view>

#include "common/bytes/digest.h"
#include "common/site.h"

namespace kso::oci {

// Where kubespray-images has the blobs that it serves, manifests and indexes
// included, as paths in the image: the tree of Distribution's filesystem driver
// (2.8 and 3).
inline constexpr std::string_view kBlobsDirectory =
    "var/lib/registry/docker/registry/v2/blobs/";
static_assert(kBlobsDirectory.starts_with(site::kImagesRootMember));

// The file that holds a blob. All of these are below kBlobsDirectory, and
// nothing else is.
std::string BlobDataPath(const Digest& digest);

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_BLOB_DATA_PATH_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BLOB_BLOB_IMAGE_STORE_H_
#define KSO_COMMON_BLOB_BLOB_IMAGE_STORE_H_

#include <memory>

#include "common/blob/blob_store.h"
#include "common/oci/image_store.h"

namespace kso {

// An ImageStore over a BlobStore, for destinations that are not registries:
// all repositories share the blobs, manifests are blobs, and there are no tags
// (PutManifest ignores them; reading by tag is NOT_FOUND). `blobs` must outlive
// it.
std::unique_ptr<oci::ImageStore> CreateBlobImageStore(BlobStore* blobs);

// The same, which owns its blobs.
std::unique_ptr<oci::ImageStore> CreateBlobImageStore(
    std::unique_ptr<BlobStore> blobs);

}  // namespace kso

#endif  // KSO_COMMON_BLOB_BLOB_IMAGE_STORE_H_

// SPDX-License-Identifier: Apache-2.0
#include "coordinator/registry/blob_sweep.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/base/status_macros.h"
#include "common/blob/blob_image_store.h"
#include "common/bytes/digest.h"
#include "common/oci/image_closure.h"

namespace kso::coordinator {
namespace {

// `needed` and what its indexes refer to.
absl::StatusOr<std::set<std::string>> Closure(BlobStore* blobs,
                                              const BlobsInFarm& needed) {
  std::set<std::string> all(needed.blobs.begin(), needed.blobs.end());
  const std::unique_ptr<oci::ImageStore> store = CreateBlobImageStore(blobs);
  for (const v1::Descriptor& index : needed.indexes) {
    all.insert(index.digest());
    const absl::StatusOr<std::vector<oci::ImagePart>> parts =
        oci::ImageClosure(*store, {{index, "", ""}});
    // Of an image that is not whole, what the build's tasks made is kept.
    if (absl::IsNotFound(parts.status())) continue;
    KSO_RETURN_IF_ERROR(parts.status());
    for (const oci::ImagePart& part : *parts) {
      all.insert(part.descriptor.digest());
    }
  }
  return all;
}

}  // namespace

absl::StatusOr<SweptBlobs> SweepBlobStore(DiskBlobStore* blobs,
                                          const BlobsInFarm& needed,
                                          absl::Time written_before) {
  KSO_ASSIGN_OR_RETURN(const std::set<std::string> keep,
                       Closure(blobs, needed));
  return blobs->Sweep(
      [&keep](const Digest& digest) {
        return keep.contains(digest.ToString());
      },
      written_before);
}

}  // namespace kso::coordinator

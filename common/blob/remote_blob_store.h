// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BLOB_REMOTE_BLOB_STORE_H_
#define KSO_COMMON_BLOB_REMOTE_BLOB_STORE_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/blob/blob_place.h"
#include "common/blob/blob_store.h"
#include "common/bytes/written_blob.h"

namespace kso {

// A blob store of another process, which may be on another machine. May be
// called from any thread.
class RemoteBlobStore : public BlobStore {
 public:
  // Where its blobs are, by that machine's paths. A hint.
  virtual absl::StatusOr<BlobPlace> Locate() = 0;

  // Has it take over the file `name` of its place's `incoming`, as
  // DiskBlobStore::AdoptFromOther says.
  virtual absl::Status Adopt(const std::string& name,
                             const WrittenBlob& blob) = 0;
};

}  // namespace kso

#endif  // KSO_COMMON_BLOB_REMOTE_BLOB_STORE_H_

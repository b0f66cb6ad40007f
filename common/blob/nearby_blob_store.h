#ifndef KSO_COMMON_BLOB_NEARBY_BLOB_STORE_H_
#define KSO_COMMON_BLOB_NEARBY_BLOB_STORE_H_

#include <filesystem>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "common/blob/blob_store.h"

namespace kso {

// A blob store some of whose blobs are files that this user may read.
class NearbyBlobStore : public BlobStore {
 public:
  // Makes `to` a name of the blob's file, so that its bytes are on disk once.
  // What is there is not verified. Only for files of this user: others must not
  // change what is theirs alone. UNAVAILABLE when that cannot be done.
  virtual absl::Status Link(const Digest& digest,
                            const std::filesystem::path& to) = 0;
};

// `remote`, whose whole blobs are read from the directory that `locate` names
// where they can be: when the other side is on this machine and lets this user
// read there. What is read there is verified, as it passes, and so is not
// trusted more than what is sent. After wrong bytes nothing is read there any
// more, and `remote` is made to notice, so that it sets the blob aside.
// `locate` is called once, when a blob is first wanted; it may fail. Thread
// safe. `remote` must outlive it and its sources.
std::unique_ptr<NearbyBlobStore> CreateNearbyBlobStore(
    BlobStore* remote,
    std::function<absl::StatusOr<std::filesystem::path>()> locate);

}  // namespace kso

#endif  // KSO_COMMON_BLOB_NEARBY_BLOB_STORE_H_

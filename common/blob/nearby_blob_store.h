// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BLOB_NEARBY_BLOB_STORE_H_
#define KSO_COMMON_BLOB_NEARBY_BLOB_STORE_H_

#include <filesystem>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "common/blob/blob_place.h"
#include "common/blob/blob_store.h"
#include "common/blob/remote_blob_store.h"

namespace kso {

// Where the other side's blobs are, and whether that is to be relied on: shared
// by a process's stores of that side. Thread safe.
class NearbyPlace {
 public:
  // Asks `remote` until it has answered once. What cannot be used is empty.
  BlobPlace Get(RemoteBlobStore& remote);

  // The directory of that name here is not the one that the other side has.
  void DoubtDirectory();
  void DoubtIncoming();

 private:
  absl::Mutex mutex_;
  std::optional<BlobPlace> place_ ABSL_GUARDED_BY(mutex_);
};

// A blob store some of whose blobs are files that this user may read.
class NearbyBlobStore : public BlobStore {
 public:
  // Makes `to` a name of the blob's file, so that its bytes are on disk once.
  // What is there is not verified. Only for files of this user: others must not
  // change what is theirs alone. UNAVAILABLE when that cannot be done.
  virtual absl::Status Link(const Digest& digest,
                            const std::filesystem::path& to) = 0;
};

// `remote`, whose whole blobs are read from its directory, and streams written
// there, where that can be: when the other side is on this machine, and its
// files are for this user to read or its directory is this user's own. What is
// read there is verified, as it passes, and so is not trusted more than what is
// sent; what is written there the other side verifies when it is first read.
// After wrong bytes nothing is read there any more, and `remote` is made to
// notice, so that it sets the blob aside; after a file that the other side does
// not see, nothing is written there any more, and its blob is sent. Thread
// safe. `place` must outlive it, and it its sources.
std::unique_ptr<NearbyBlobStore> CreateNearbyBlobStore(
    std::unique_ptr<RemoteBlobStore> remote, NearbyPlace* place);

}  // namespace kso

#endif  // KSO_COMMON_BLOB_NEARBY_BLOB_STORE_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BLOB_BLOB_STORE_H_
#define KSO_COMMON_BLOB_BLOB_STORE_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/bytes/written_blob.h"

namespace kso {

// Blobs by digest. What is handed out is whole and right: bytes are verified
// before they appear, and again before they are handed out where they may have
// rotted, or where another process put them there.
// May be called from any thread.
class BlobStore {
 public:
  virtual ~BlobStore() = default;

  // Bytes. NOT_FOUND when it is not there.
  virtual absl::StatusOr<int64_t> Stat(const Digest& digest) = 0;

  // From `offset` on, which is at most the blob's size (OUT_OF_RANGE).
  // NOT_FOUND when it is not there, or was there and had rotted (it is set
  // aside then). Where rot is found only while reading, the source fails with
  // DATA_LOSS before its end.
  virtual absl::StatusOr<std::unique_ptr<ByteSource>> Open(const Digest& digest,
                                                           int64_t offset) = 0;

  // Takes `size` bytes from `source`. DATA_LOSS when they do not match
  // `digest`, or are fewer or more; nothing appears then. Does not read
  // `source` when the blob is there already. An error of `source` is handed on.
  virtual absl::Status Put(const Digest& digest, int64_t size,
                           ByteSource& source) = 0;

  // Takes a blob whose digest, a SHA-256, is known at its end only, and returns
  // its size. Calls `write` once. DATA_LOSS when the blob is not what `write`
  // says; nothing appears then, nor after an error of `write`, which is handed
  // on.
  virtual absl::StatusOr<int64_t> PutStream(const WriteBlob& write) = 0;
};

}  // namespace kso

#endif  // KSO_COMMON_BLOB_BLOB_STORE_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_OCI_REGISTRY_BLOB_STREAM_H_
#define KSO_COMMON_OCI_REGISTRY_BLOB_STREAM_H_

#include <optional>

#include "absl/status/status.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/written_blob.h"

namespace kso::oci {

// A blob that is written while it is pushed, anew for each try. One try at a
// time.
class BlobStream {
 public:
  // `write` is called on threads of their own.
  explicit BlobStream(WriteBlob write) : write_(std::move(write)) {}
  BlobStream(const BlobStream&) = delete;
  BlobStream& operator=(const BlobStream&) = delete;

  // Opens the blob at an offset: the bytes before it are written too, and
  // dropped. The sources must not outlive this, and each must be destroyed
  // before the next is opened.
  OpenSource Opener();

  // These may be called while no source is open: the blob, once a source was
  // read to its end, and whether the writer failed in the last try.
  const std::optional<WrittenBlob>& written() const { return written_; }
  bool failed() const { return failed_; }

 private:
  absl::Status Write(int64_t offset, ByteSink& sink);

  const WriteBlob write_;
  std::optional<WrittenBlob> written_;
  bool failed_ = false;
};

}  // namespace kso::oci

#endif  // KSO_COMMON_OCI_REGISTRY_BLOB_STREAM_H_

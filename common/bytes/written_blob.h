// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BYTES_WRITTEN_BLOB_H_
#define KSO_COMMON_BYTES_WRITTEN_BLOB_H_

#include <cstdint>
#include <functional>

#include "absl/status/statusor.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"

namespace kso {

// The digest and the size of a blob, known once all of it is written.
struct WrittenBlob {
  Digest digest;
  int64_t size = 0;
};

// Writes a blob to `sink` from its first byte and says at its end what it is: a
// blob that is made while it moves. May be called several times, on any thread,
// but never twice at the same time, and writes the same bytes each time. Errors
// of `sink` end it; they are the sink's to explain.
using WriteBlob = std::function<absl::StatusOr<WrittenBlob>(ByteSink& sink)>;

}  // namespace kso

#endif  // KSO_COMMON_BYTES_WRITTEN_BLOB_H_

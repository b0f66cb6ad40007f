// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BLOB_VERIFYING_SINK_H_
#define KSO_COMMON_BLOB_VERIFYING_SINK_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"

namespace kso {

// Hands bytes on to another sink, and says at their end whether they were the
// blob that they should be. Not thread safe.
class VerifyingSink : public ByteSink {
 public:
  // `next` must outlive it.
  VerifyingSink(ByteSink* next, const Digest& digest, int64_t size);

  // DATA_LOSS for more than `size` bytes, which are not handed on.
  absl::Status Write(std::string_view bytes) override;

  // Counts and hashes bytes that need not be handed on.
  absl::Status Skip(std::string_view bytes);

  // How many bytes came.
  int64_t position() const { return position_; }

  // DATA_LOSS when the bytes were not those of the digest. Call once.
  absl::Status Finish();

 private:
  ByteSink& next_;
  const Digest digest_;
  const int64_t size_;
  Hasher hasher_;
  int64_t position_ = 0;
};

}  // namespace kso

#endif  // KSO_COMMON_BLOB_VERIFYING_SINK_H_

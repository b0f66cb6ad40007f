// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BYTES_HASHING_SINK_H_
#define KSO_COMMON_BYTES_HASHING_SINK_H_

#include <cstdint>
#include <string_view>

#include "absl/status/status.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/bytes/written_blob.h"

namespace kso {

// Hashes (SHA-256) and counts what goes on to another sink. Not thread safe.
class HashingSink : public ByteSink {
 public:
  // `next` must outlive it.
  explicit HashingSink(ByteSink* next) : next_(*next) {}

  absl::Status Write(std::string_view bytes) override {
    hasher_.Update(bytes);
    size_ += static_cast<int64_t>(bytes.size());
    return next_.Write(bytes);
  }

  // Returns the digest and the size of all that was written. To be called once,
  // at the end.
  WrittenBlob Finish() { return {.digest = hasher_.Finish(), .size = size_}; }

 private:
  ByteSink& next_;
  Hasher hasher_;
  int64_t size_ = 0;
};

}  // namespace kso

#endif  // KSO_COMMON_BYTES_HASHING_SINK_H_

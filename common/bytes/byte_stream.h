// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BYTES_BYTE_STREAM_H_
#define KSO_COMMON_BYTES_BYTE_STREAM_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace kso {

// Bytes in order, pulled. Not thread safe.
class ByteSource {
 public:
  virtual ~ByteSource() = default;

  // Reads up to `size` bytes into `buffer`; 0 only at the end.
  virtual absl::StatusOr<size_t> Read(char* buffer, size_t size) = 0;
};

// Bytes in order, pushed. Not thread safe.
class ByteSink {
 public:
  virtual ~ByteSink() = default;

  // Takes all of `bytes`, or fails. After a failure the sink is of no use.
  virtual absl::Status Write(std::string_view bytes) = 0;
};

// Opens the same bytes from an offset, as often as a retry needs them.
using OpenSource =
    std::function<absl::StatusOr<std::unique_ptr<ByteSource>>(int64_t offset)>;

// Source over a string, which must outlive it; `offset` is where it begins.
std::unique_ptr<ByteSource> SourceOfString(std::string_view bytes,
                                           int64_t offset = 0);

// Moves everything that is left in `source` to `sink`; returns the count.
absl::StatusOr<int64_t> CopyBytes(ByteSource& source, ByteSink& sink);

// Reads all that is left. RESOURCE_EXHAUSTED past `limit` bytes.
absl::StatusOr<std::string> ReadAll(ByteSource& source, size_t limit);

}  // namespace kso

#endif  // KSO_COMMON_BYTES_BYTE_STREAM_H_

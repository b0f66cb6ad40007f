// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BYTES_SINKS_H_
#define KSO_COMMON_BYTES_SINKS_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/bytes/byte_stream.h"

namespace kso {

// Discards what it is given: for a caller who only wants the bytes to pass, for
// example to have them verified on their way.
class NullSink : public ByteSink {
 public:
  absl::Status Write(std::string_view) override { return absl::OkStatus(); }
};

// Keeps what it is given in memory. INVALID_ARGUMENT past `limit` bytes: asking
// again for bytes that are too many does not make them fewer.
class StringSink : public ByteSink {
 public:
  explicit StringSink(size_t limit = std::numeric_limits<size_t>::max())
      : limit_(limit) {}

  absl::Status Write(std::string_view bytes) override {
    if (bytes.size() > limit_ - content_.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("more than the ", limit_, " bytes that are allowed"));
    }
    content_.append(bytes);
    return absl::OkStatus();
  }

  const std::string& content() const { return content_; }
  // Leaves the sink empty.
  std::string Take() { return std::exchange(content_, {}); }

 private:
  const size_t limit_;
  std::string content_;
};

// Counts the bytes that go on to another sink, also those of a write that it
// refuses.
class CountingSink : public ByteSink {
 public:
  // `next` must outlive it.
  explicit CountingSink(ByteSink* next) : next_(*next) {}

  absl::Status Write(std::string_view bytes) override {
    count_ += static_cast<int64_t>(bytes.size());
    return next_.Write(bytes);
  }

  int64_t count() const { return count_; }

 private:
  ByteSink& next_;
  int64_t count_ = 0;
};

}  // namespace kso

#endif  // KSO_COMMON_BYTES_SINKS_H_

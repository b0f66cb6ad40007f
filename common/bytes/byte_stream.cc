// SPDX-License-Identifier: Apache-2.0
#include "common/bytes/byte_stream.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"

namespace kso {
namespace {

constexpr size_t kBufferBytes = 256 << 10;

class StringSource : public ByteSource {
 public:
  explicit StringSource(std::string_view bytes) : left_(bytes) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    const size_t count = std::min(size, left_.size());
    std::memcpy(buffer, left_.data(), count);
    left_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view left_;
};

}  // namespace

std::unique_ptr<ByteSource> SourceOfString(std::string_view bytes,
                                           int64_t offset) {
  const auto size = static_cast<int64_t>(bytes.size());
  bytes.remove_prefix(std::clamp<int64_t>(offset, 0, size));
  return std::make_unique<StringSource>(bytes);
}

absl::StatusOr<int64_t> CopyBytes(ByteSource& source, ByteSink& sink) {
  std::string buffer(kBufferBytes, '\0');
  int64_t total = 0;
  while (true) {
    KSO_ASSIGN_OR_RETURN(const size_t count,
                         source.Read(buffer.data(), buffer.size()));
    if (count == 0) return total;
    KSO_RETURN_IF_ERROR(sink.Write(std::string_view(buffer.data(), count)));
    total += static_cast<int64_t>(count);
  }
}

absl::StatusOr<std::string> ReadAll(ByteSource& source, size_t limit) {
  std::string all;
  std::string buffer(std::min(limit + 1, kBufferBytes), '\0');
  while (true) {
    KSO_ASSIGN_OR_RETURN(const size_t count,
                         source.Read(buffer.data(), buffer.size()));
    if (count == 0) return all;
    if (count > limit - all.size()) {
      return Exhausted(
          Resource::kSizeBound,
          absl::StrCat("more than the ", limit, " bytes that are allowed"));
    }
    all.append(buffer.data(), count);
  }
}

}  // namespace kso

// SPDX-License-Identifier: Apache-2.0
#include "common/layer/zstd_encoder.h"

#include <zstd.h>

#include <algorithm>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"

namespace kso {
namespace {

constexpr int kLevel = 1;
constexpr size_t kFrameBytes = 1 << 20;

absl::StatusOr<std::string> CompressFrame(const std::string& plain) {
  std::string frame(ZSTD_compressBound(plain.size()), '\0');
  const size_t size = ZSTD_compress(frame.data(), frame.size(), plain.data(),
                                    plain.size(), kLevel);
  if (ZSTD_isError(size) != 0) {
    return Exhausted(
        Resource::kMemory,
        absl::StrCat("libzstd did not compress: ", ZSTD_getErrorName(size)));
  }
  frame.resize(size);
  return frame;
}

}  // namespace

ZstdEncoder::ZstdEncoder(ByteSink* sink, EncodePool* pool)
    : frames_(sink, pool, &CompressFrame) {}

absl::Status ZstdEncoder::BeginRun(Run /*run*/) { return absl::OkStatus(); }

absl::Status ZstdEncoder::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    pending_.reserve(kFrameBytes);
    const size_t count = std::min(kFrameBytes - pending_.size(), bytes.size());
    pending_.append(bytes.data(), count);
    bytes.remove_prefix(count);
    if (pending_.size() == kFrameBytes) KSO_RETURN_IF_ERROR(AddFrame());
  }
  return absl::OkStatus();
}

absl::Status ZstdEncoder::Finish() {
  if (!pending_.empty() || !has_frame_) KSO_RETURN_IF_ERROR(AddFrame());
  return frames_.WriteAll();
}

absl::Status ZstdEncoder::AddFrame() {
  std::string plain;
  plain.swap(pending_);
  has_frame_ = true;
  return frames_.Add(std::move(plain));
}

}  // namespace kso

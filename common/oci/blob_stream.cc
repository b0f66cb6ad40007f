// SPDX-License-Identifier: Apache-2.0
#include "common/oci/blob_stream.h"

#include <algorithm>
#include <memory>

#include "absl/status/statusor.h"
#include "common/base/pipe_source.h"

namespace kso::oci {
namespace {

// Drops the first bytes, and remembers whether the reader of the others is
// gone.
class TailSink : public ByteSink {
 public:
  TailSink(int64_t skip, ByteSink* next) : skip_(skip), next_(*next) {}

  absl::Status Write(std::string_view bytes) override {
    const auto dropped =
        std::min<int64_t>(skip_, static_cast<int64_t>(bytes.size()));
    skip_ -= dropped;
    bytes.remove_prefix(static_cast<size_t>(dropped));
    absl::Status status = next_.Write(bytes);
    failed_ = !status.ok();
    return status;
  }

  bool failed() const { return failed_; }

 private:
  int64_t skip_;
  ByteSink& next_;
  bool failed_ = false;
};

}  // namespace

OpenSource BlobStream::Opener() {
  return [this](int64_t offset) -> absl::StatusOr<std::unique_ptr<ByteSource>> {
    failed_ = false;
    return std::make_unique<PipeSource>(
        [this, offset](ByteSink& sink) { return Write(offset, sink); });
  };
}

absl::Status BlobStream::Write(int64_t offset, ByteSink& sink) {
  TailSink tail(offset, &sink);
  const absl::StatusOr<WrittenBlob> written = write_(tail);
  failed_ = !written.ok() && !tail.failed();
  if (!written.ok()) return written.status();
  written_ = *written;
  return absl::OkStatus();
}

}  // namespace kso::oci

// SPDX-License-Identifier: Apache-2.0
#include "common/oci/registry/blob_stream.h"

#include <algorithm>
#include <functional>
#include <memory>
#include <thread>
#include <utility>

#include "absl/status/statusor.h"
#include "common/base/status_macros.h"
#include "common/bytes/byte_pipe.h"
#include "common/run/exceptions.h"
#include "common/run/threads.h"

namespace kso::oci {
namespace {

// How far the writer of a blob may be ahead of its upload.
constexpr size_t kMostAhead = 2 << 20;

// Reads what a function writes to a sink, while it does so on a thread of its
// own. The destructor ends the writer, whose sink then fails CANCELLED, and
// waits for it.
class WriterSource : public ByteSource {
 public:
  WriterSource() : pipe_(kMostAhead) {}

  // To be called once, before the first Read.
  absl::Status Start(std::function<absl::Status(ByteSink& sink)> write) {
    KSO_ASSIGN_OR_RETURN(
        thread_, StartThread([this, write = std::move(write)] {
          pipe_.EndWriting(WithoutExceptions([&] { return write(pipe_); }));
        }));
    return absl::OkStatus();
  }

  ~WriterSource() override {
    pipe_.EndReading(absl::CancelledError("nobody reads any more"));
    if (thread_.joinable()) thread_.join();
  }

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    return pipe_.Read(buffer, size);
  }

 private:
  BytePipe pipe_;
  // The last member: it uses the other.
  std::thread thread_;
};

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
    auto source = std::make_unique<WriterSource>();
    KSO_RETURN_IF_ERROR(source->Start(
        [this, offset](ByteSink& sink) { return Write(offset, sink); }));
    return source;
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

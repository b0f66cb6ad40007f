// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BASE_PIPE_SOURCE_H_
#define KSO_COMMON_BASE_PIPE_SOURCE_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/base/byte_stream.h"

namespace kso {

// Reads what a function writes to a sink, while it does so: for a writer that
// pushes and a reader that pulls. The function runs on a thread of its own and
// waits while the bytes in between, at most `capacity`, are not read. Used by
// one reader at a time.
class PipeSource : public ByteSource {
 public:
  using Writer = std::function<absl::Status(ByteSink& sink)>;

  static constexpr size_t kCapacity = 2 << 20;

  // Calls `writer` at once, once.
  explicit PipeSource(Writer writer, size_t capacity = kCapacity);

  // A writer that has not ended finds that its sink fails with CANCELLED; waits
  // for it.
  ~PipeSource() override;

  PipeSource(const PipeSource&) = delete;
  PipeSource& operator=(const PipeSource&) = delete;

  // Ends when the writer has returned OK, and fails as it does: what it wrote
  // before is read first.
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override;

 private:
  class Sink;

  absl::Status Write(std::string_view bytes);
  bool MayWrite() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayRead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  // A ring. The bytes that are filled are the reader's, the others the
  // writer's: each copies without the lock.
  std::vector<char> ring_;
  // The positions at which the reader and the writer go on; each thread uses
  // only its own.
  size_t read_at_ = 0;
  size_t write_at_ = 0;
  size_t filled_ ABSL_GUARDED_BY(mutex_) = 0;
  bool reader_gone_ ABSL_GUARDED_BY(mutex_) = false;
  // The status that the writer returned.
  std::optional<absl::Status> ending_ ABSL_GUARDED_BY(mutex_);
  // The last member: it uses the others.
  std::thread thread_;
};

}  // namespace kso

#endif  // KSO_COMMON_BASE_PIPE_SOURCE_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BYTES_BYTE_PIPE_H_
#define KSO_COMMON_BYTES_BYTE_PIPE_H_

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/bytes/byte_stream.h"

namespace kso {

// Lets one thread push bytes and another pull them. The writer waits while the
// bytes in between, at most `capacity`, are not read. For one writer and one
// reader at a time.
class BytePipe : public ByteSink, public ByteSource {
 public:
  explicit BytePipe(size_t capacity);

  BytePipe(const BytePipe&) = delete;
  BytePipe& operator=(const BytePipe&) = delete;

  // For the writer. Once the reader has ended, returns what it ended with, and
  // the bytes go nowhere.
  absl::Status Write(std::string_view bytes) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Nothing more comes. The reader gets what was written before, then the end,
  // or the error `status`.
  void EndWriting(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);

  // For the reader.
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Nothing more is read, and a writer that waits is let go. OK when the bytes
  // that still come do not matter.
  void EndReading(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  bool MayWrite() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool MayRead() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  absl::Mutex mutex_;
  // A ring. The bytes that are filled are the reader's, the others the
  // writer's: each copies without the lock.
  std::vector<char> ring_;
  // The reader and the writer go on at these places; each knows its own.
  size_t read_at_ = 0;
  size_t write_at_ = 0;
  size_t filled_ ABSL_GUARDED_BY(mutex_) = 0;
  // How each has ended.
  std::optional<absl::Status> writer_status_ ABSL_GUARDED_BY(mutex_);
  std::optional<absl::Status> reader_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso

#endif  // KSO_COMMON_BYTES_BYTE_PIPE_H_

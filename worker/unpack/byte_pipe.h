// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_UNPACK_BYTE_PIPE_H_
#define KSO_WORKER_UNPACK_BYTE_PIPE_H_

#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/base/byte_stream.h"

namespace kso::worker {

// Lets one thread push bytes and another pull them. Nothing is kept in between:
// who pushes waits until all is pulled.
class BytePipe : public ByteSink, public ByteSource {
 public:
  // For the thread that pushes. Once the reader has closed, returns what it
  // closed with, and the bytes go nowhere.
  absl::Status Write(std::string_view bytes) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Nothing more comes. Who pulls then gets the end, or the error `status`.
  void EndWriting(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);

  // For the thread that pulls.
  absl::StatusOr<size_t> Read(char* buffer, size_t size) override
      ABSL_LOCKS_EXCLUDED(mutex_);
  // Nothing more is wanted; OK when what still comes does not matter.
  void EndReading(absl::Status status) ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  absl::Mutex mutex_;
  // Of the writer, which waits until it is empty.
  std::string_view offered_ ABSL_GUARDED_BY(mutex_);
  bool writing_ended_ ABSL_GUARDED_BY(mutex_) = false;
  bool reading_ended_ ABSL_GUARDED_BY(mutex_) = false;
  absl::Status writer_status_ ABSL_GUARDED_BY(mutex_);
  absl::Status reader_status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso::worker

#endif  // KSO_WORKER_UNPACK_BYTE_PIPE_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_OUTPUT_TAIL_H_
#define KSO_WORKER_SANDBOX_OUTPUT_TAIL_H_

#include <cstddef>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/files/file_io.h"

namespace kso::worker {

// Reads what programs write to a pipe, for as long as this lives, and keeps the
// end of it: a program that writes without an end fills neither the disk nor
// the memory. Thread safe.
class OutputTail {
 public:
  static constexpr size_t kMostBytes = 64 << 10;

  // INTERNAL when there are no files left; errors of StartThread.
  static absl::StatusOr<std::unique_ptr<OutputTail>> Create();
  ~OutputTail();

  // The end of the pipe for programs, whatever user they change to. To be
  // closed by CloseWriteEnd once they have it.
  int write_end() const { return write_end_.get(); }
  void CloseWriteEnd() { write_end_ = FileDescriptor(); }

  // The last bytes that came, at most so many.
  std::string Last(size_t bytes) const ABSL_LOCKS_EXCLUDED(mutex_);

  // Waits until nobody can write any more, or for so long.
  void AwaitEnd(absl::Duration most) const ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  OutputTail(FileDescriptor read_end, FileDescriptor write_end,
             FileDescriptor wake)
      : read_end_(std::move(read_end)),
        write_end_(std::move(write_end)),
        wake_(std::move(wake)) {}
  absl::Status Start();
  void ReadAll();

  const FileDescriptor read_end_;
  FileDescriptor write_end_;
  // An event that ends the reading.
  const FileDescriptor wake_;
  mutable absl::Mutex mutex_;
  std::string tail_ ABSL_GUARDED_BY(mutex_);
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread reader_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_OUTPUT_TAIL_H_

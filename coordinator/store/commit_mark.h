// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STORE_COMMIT_MARK_H_
#define KSO_COORDINATOR_STORE_COMMIT_MARK_H_

#include <cstdint>
#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "common/base/file_io.h"

namespace kso::coordinator {

// A small file beside a database that counts its commits, so that commits that
// damage took off its end are noticed: a write-ahead log ends, for SQLite,
// where the first frame is not right. It is not synced, so after a crash of the
// machine it may be behind; it is never ahead.
class CommitMark {
 public:
  // Makes the file when needed. DATA_LOSS when it cannot be right.
  static absl::StatusOr<std::unique_ptr<CommitMark>> Open(
      const std::filesystem::path& file);

  // What was written last; 0 when nothing was.
  int64_t commits() const { return commits_; }
  absl::Status Write(int64_t commits);

 private:
  CommitMark(std::filesystem::path file, FileDescriptor descriptor)
      : file_(std::move(file)), descriptor_(std::move(descriptor)) {}

  const std::filesystem::path file_;
  const FileDescriptor descriptor_;
  int64_t commits_ = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_STORE_COMMIT_MARK_H_

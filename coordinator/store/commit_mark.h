// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_STORE_COMMIT_MARK_H_
#define KSO_COORDINATOR_STORE_COMMIT_MARK_H_

#include <cstdint>
#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "common/files/file_io.h"

namespace kso::coordinator {

// A high-water mark: a small file beside a database that counts its commits, so
// that the loss of commits at its end is noticed. For SQLite, a write-ahead log
// simply ends at its first damaged frame. The file is not synced, so after a
// crash of the machine it may be behind the database; it is never ahead.
class CommitMark {
 public:
  // Opens the file, and makes it when needed. DATA_LOSS when its content cannot
  // be right.
  static absl::StatusOr<std::unique_ptr<CommitMark>> Open(
      const std::filesystem::path& file);

  // The number that the file had when it was opened; 0 when there was none.
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

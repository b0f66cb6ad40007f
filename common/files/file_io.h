// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_FILES_FILE_IO_H_
#define KSO_COMMON_FILES_FILE_IO_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/bytes/byte_stream.h"

namespace kso {

// Files with errors as absl::Status: NOT_FOUND, PERMISSION_DENIED,
// RESOURCE_EXHAUSTED (disk full) and so on, with the path in the message.

// A file descriptor that is closed at the end of its scope.
class FileDescriptor {
 public:
  explicit FileDescriptor(int fd = -1) : fd_(fd) {}
  ~FileDescriptor();
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(other.Release()) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;

  int get() const { return fd_; }
  int Release();

 private:
  int fd_;
};

// `errno` as a status: "PATH: cannot WHAT: reason".
absl::Status FileError(int error, std::string_view what,
                       const std::filesystem::path& path);

// open(2) with O_CLOEXEC; does not follow a link at the path's end.
absl::StatusOr<FileDescriptor> OpenFile(const std::filesystem::path& path,
                                        int flags, int mode = 0644);

// A source over `file`, from where the descriptor stands. `path` is for
// messages.
std::unique_ptr<ByteSource> SourceOfFile(FileDescriptor file,
                                         std::filesystem::path path);

// Writes to a new file. Not thread safe.
class FileWriter : public ByteSink {
 public:
  // ALREADY_EXISTS when there is something at `path`. `mode` is what the umask
  // may take from.
  static absl::StatusOr<std::unique_ptr<FileWriter>> CreateNew(
      const std::filesystem::path& path, int mode = 0644);

  // A file in `directory` that has no name until LinkTo gives it one, and is
  // gone with its writer otherwise, however that ends. Not all file systems
  // have such files.
  static absl::StatusOr<std::unique_ptr<FileWriter>> CreateUnnamed(
      const std::filesystem::path& directory);

  FileWriter(FileDescriptor file, std::filesystem::path path);

  absl::Status Write(std::string_view bytes) override;
  // ALREADY_EXISTS when there is something at `path`, which is on the same file
  // system. The bytes need not be on disk yet.
  absl::Status LinkTo(const std::filesystem::path& path);
  // Ends the file and waits until its bytes are on disk.
  absl::Status SyncAndClose();
  // Ends the file; its bytes get to disk when the kernel finds time.
  absl::Status Close();

 private:
  FileDescriptor file_;
  const std::filesystem::path path_;
  // Written since the kernel was last told to begin with it.
  int64_t waiting_ = 0;
};

// rename(2), then waits until the directory of `to` is on disk: after a crash
// there is either what was at `to` before, or all of `from`, if `from` was
// synced.
absl::Status RenameAndSync(const std::filesystem::path& from,
                           const std::filesystem::path& to);

// Replaces the file at `path` at once by what `fill` writes: after a failure or
// a crash there is what was there before. Only one caller at a time may do so
// for a path, since all use the name "PATH.partial" meanwhile.
absl::Status ReplaceFile(const std::filesystem::path& path,
                         const std::function<absl::Status(ByteSink&)>& fill,
                         int mode = 0644);

// Waits until the names in `directory` are on disk.
absl::Status SyncDirectory(const std::filesystem::path& directory);

// Makes `directory` and its parents, durably. No error when it is there.
absl::Status MakeDirectories(const std::filesystem::path& directory);

}  // namespace kso

#endif  // KSO_COMMON_FILES_FILE_IO_H_

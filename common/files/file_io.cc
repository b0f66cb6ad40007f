// SPDX-License-Identifier: Apache-2.0
#include "common/files/file_io.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"

namespace kso {
namespace {

// The disk begins to write so early, while the rest arrives: the wait at the
// end is then for these few bytes, not for the whole file.
constexpr int64_t kWritebackBytes = 8 << 20;

class FileSource : public ByteSource {
 public:
  FileSource(FileDescriptor file, std::filesystem::path path)
      : file_(std::move(file)), path_(std::move(path)) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    ssize_t count;
    do {
      count = ::read(file_.get(), buffer, size);
    } while (count < 0 && errno == EINTR);
    if (count < 0) return FileError(errno, "read", path_);
    return static_cast<size_t>(count);
  }

 private:
  const FileDescriptor file_;
  const std::filesystem::path path_;
};

}  // namespace

FileDescriptor::~FileDescriptor() {
  if (fd_ >= 0) ::close(fd_);
}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    if (fd_ >= 0) ::close(fd_);
    fd_ = other.Release();
  }
  return *this;
}

int FileDescriptor::Release() { return std::exchange(fd_, -1); }

absl::Status FileError(int error, std::string_view what,
                       const std::filesystem::path& path) {
  const std::string message = Concat(path.string(), ": cannot ", what);
  const absl::Status status = absl::ErrnoToStatus(error, message);
  switch (error) {
    case ENOSPC:
    case EDQUOT:
      return Exhausted(Resource::kDisk, ToStd(status.message()));
    case ENOMEM:
      return Exhausted(Resource::kMemory, ToStd(status.message()));
    default:
      return status;
  }
}

absl::StatusOr<FileDescriptor> OpenFile(const std::filesystem::path& path,
                                        int flags, int mode) {
  int fd;
  do {
    fd = ::open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, mode);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return FileError(errno, "open", path);
  return FileDescriptor(fd);
}

std::unique_ptr<ByteSource> SourceOfFile(FileDescriptor file,
                                         std::filesystem::path path) {
  return std::make_unique<FileSource>(std::move(file), std::move(path));
}

absl::StatusOr<std::unique_ptr<FileWriter>> FileWriter::CreateNew(
    const std::filesystem::path& path, int mode) {
  KSO_ASSIGN_OR_RETURN(FileDescriptor file,
                       OpenFile(path, O_WRONLY | O_CREAT | O_EXCL, mode));
  return std::make_unique<FileWriter>(std::move(file), path);
}

absl::StatusOr<std::unique_ptr<FileWriter>> FileWriter::CreateUnnamed(
    const std::filesystem::path& directory) {
  KSO_ASSIGN_OR_RETURN(FileDescriptor file,
                       OpenFile(directory, O_WRONLY | O_TMPFILE));
  return std::make_unique<FileWriter>(std::move(file), directory);
}

FileWriter::FileWriter(FileDescriptor file, std::filesystem::path path)
    : file_(std::move(file)), path_(std::move(path)) {}

absl::Status FileWriter::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(file_.get(), bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError(errno, "write", path_);
    bytes.remove_prefix(static_cast<size_t>(count));
    waiting_ += count;
  }
  if (waiting_ >= kWritebackBytes) {
    // Only a hint: whether all is on disk, the end asks.
    ::sync_file_range(file_.get(), 0, 0, SYNC_FILE_RANGE_WRITE);
    waiting_ = 0;
  }
  return absl::OkStatus();
}

absl::Status FileWriter::LinkTo(const std::filesystem::path& path) {
  // As open(2) has it, for who may not use AT_EMPTY_PATH.
  const std::string self = Concat("/proc/self/fd/", file_.get());
  if (::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, path.c_str(),
               AT_SYMLINK_FOLLOW) != 0) {
    return FileError(errno, "make", path);
  }
  return absl::OkStatus();
}

absl::Status FileWriter::SyncAndClose() {
  if (::fdatasync(file_.get()) != 0) return FileError(errno, "sync", path_);
  return Close();
}

absl::Status FileWriter::Close() {
  // Linux releases the descriptor also when close reports an error.
  if (::close(file_.Release()) != 0) return FileError(errno, "close", path_);
  return absl::OkStatus();
}

absl::Status RenameAndSync(const std::filesystem::path& from,
                           const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    return FileError(errno, Concat("rename to ", to.string()), from);
  }
  return SyncDirectory(to.parent_path());
}

absl::Status ReplaceFile(const std::filesystem::path& path,
                         const std::function<absl::Status(ByteSink&)>& fill,
                         int mode) {
  const std::filesystem::path partial = path.string() + ".partial";
  ::unlink(partial.c_str());
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<FileWriter> file,
                       FileWriter::CreateNew(partial, mode));
  // Once the file has its new name, there is nothing left to remove.
  const absl::Cleanup remove = [&partial] { ::unlink(partial.c_str()); };
  KSO_RETURN_IF_ERROR(fill(*file));
  KSO_RETURN_IF_ERROR(file->SyncAndClose());
  return RenameAndSync(partial, path);
}

absl::Status SyncDirectory(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory.empty() ? "." : directory;
  const FileDescriptor file(
      ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (file.get() < 0) return FileError(errno, "open", path);
  if (::fsync(file.get()) != 0) return FileError(errno, "sync", path);
  return absl::OkStatus();
}

absl::Status MakeDirectories(const std::filesystem::path& directory) {
  std::error_code error;
  if (directory.empty() || std::filesystem::is_directory(directory, error)) {
    return absl::OkStatus();
  }
  const std::filesystem::path parent = directory.parent_path();
  KSO_RETURN_IF_ERROR(MakeDirectories(parent));
  if (::mkdir(directory.c_str(), 0755) != 0) {
    const int reason = errno;
    if (std::filesystem::is_directory(directory, error)) {
      return absl::OkStatus();
    }
    return FileError(reason, "make the directory", directory);
  }
  return SyncDirectory(parent);
}

}  // namespace kso

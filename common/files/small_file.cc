// SPDX-License-Identifier: Apache-2.0
#include "common/files/small_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/files/file_io.h"

namespace kso {
namespace {

// O_NONBLOCK keeps a named pipe from blocking the open.
absl::StatusOr<FileDescriptor> OpenRegularFile(
    const std::filesystem::path& path) {
  FileDescriptor file(
      ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  if (file.get() < 0) return FileError(errno, "open", path);
  struct stat status{};
  if (::fstat(file.get(), &status) != 0) return FileError(errno, "read", path);
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(
        Concat(path.string(), " is not a regular file"));
  }
  return file;
}

}  // namespace

absl::StatusOr<std::string> ReadSmallFile(const std::filesystem::path& path,
                                          size_t most_bytes) {
  KSO_ASSIGN_OR_RETURN(FileDescriptor file, OpenRegularFile(path));
  const std::unique_ptr<ByteSource> source =
      SourceOfFile(std::move(file), path);
  std::string content(most_bytes + 1, '\0');
  size_t size = 0;
  while (size < content.size()) {
    KSO_ASSIGN_OR_RETURN(
        const size_t count,
        source->Read(content.data() + size, content.size() - size));
    if (count == 0) break;
    size += count;
  }
  if (size > most_bytes) {
    return absl::InvalidArgumentError(Concat(
        path.string(), " is larger than the ", most_bytes, " bytes allowed"));
  }
  content.resize(size);
  return content;
}

absl::Status WriteNewFile(const std::filesystem::path& path,
                          std::string_view content, int mode) {
  KSO_ASSIGN_OR_RETURN(const std::unique_ptr<FileWriter> file,
                       FileWriter::CreateNew(path, mode));
  absl::Cleanup remove = [&path] { ::unlink(path.c_str()); };
  KSO_RETURN_IF_ERROR(file->Write(content));
  KSO_RETURN_IF_ERROR(file->SyncAndClose());
  std::move(remove).Cancel();
  return SyncDirectory(path.parent_path());
}

absl::Status ReplaceSmallFile(const std::filesystem::path& path,
                              std::string_view content, int mode) {
  return ReplaceFile(
      path, [content](ByteSink& file) { return file.Write(content); }, mode);
}

bool OthersMayUse(const std::filesystem::path& path) {
  struct stat status{};
  return ::stat(path.c_str(), &status) == 0 &&
         (status.st_mode & (S_IRWXG | S_IRWXO)) != 0;
}

}  // namespace kso

// SPDX-License-Identifier: Apache-2.0
#include "common/files/private_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/file_io.h"

namespace kso {
namespace {

constexpr mode_t kWritableByOthers = S_IWGRP | S_IWOTH;
constexpr mode_t kOfOthers = S_IRWXG | S_IRWXO;

absl::Status Refused(const std::filesystem::path& directory,
                     std::string_view what, std::string_view why) {
  return absl::FailedPreconditionError(
      Concat(directory.string(), " cannot be the ", what, ": ", why,
             ", so others may have put something into it; name a directory of "
             "your own, or one that is not there yet, or see what is in it and "
             "then: chown ",
             ::geteuid(), " ", directory.string(), " && chmod 700 ",
             directory.string()));
}

absl::Status Close(const std::filesystem::path& directory,
                   std::string_view what) {
  const FileDescriptor file(
      ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  struct stat info;
  if (file.get() < 0 || ::fstat(file.get(), &info) != 0) {
    return FileError(errno, "open", directory);
  }
  if (info.st_uid != ::geteuid()) {
    return Refused(directory, what, Concat("it belongs to user ", info.st_uid));
  }
  if ((info.st_mode & kWritableByOthers) != 0) {
    return Refused(directory, what, "other users may write to it");
  }
  if ((info.st_mode & kOfOthers) != 0 && ::fchmod(file.get(), 0700) != 0) {
    return FileError(errno, "close to other users", directory);
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MakePrivateDirectory(const std::filesystem::path& directory,
                                  std::string_view what) {
  // "DIR/" is DIR, and the parent of that is not DIR.
  const std::filesystem::path path =
      directory.has_filename() ? directory : directory.parent_path();
  const std::filesystem::path parent = path.parent_path();
  KSO_RETURN_IF_ERROR(MakeDirectories(parent));
  if (::mkdir(path.c_str(), 0700) == 0) return SyncDirectory(parent);
  if (errno != EEXIST) return FileError(errno, "make the directory", path);
  return Close(path, what);
}

absl::Status MakePrivateFile(const std::filesystem::path& path) {
  const absl::StatusOr<FileDescriptor> file = OpenFile(path, O_RDONLY);
  if (absl::IsNotFound(file.status())) return absl::OkStatus();
  KSO_RETURN_IF_ERROR(file.status());
  struct stat info;
  if (::fstat(file->get(), &info) != 0)
    return FileError(errno, "look at", path);
  if ((info.st_mode & kOfOthers) == 0) return absl::OkStatus();
  if (::fchmod(file->get(), 0600) == 0) return absl::OkStatus();
  return FileError(errno, "close to other users", path);
}

}  // namespace kso

// SPDX-License-Identifier: Apache-2.0
#include "worker/unpack/beneath.h"

#include <fcntl.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

#include <cerrno>

#include "absl/strings/escaping.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/base/strings.h"

namespace kso::worker {
namespace {

constexpr char kOpaque[] = "trusted.overlay.opaque";
constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

}  // namespace

absl::StatusOr<std::vector<std::string>> SplitLayerPath(std::string_view path) {
  constexpr size_t kShown = 100;
  if (path.size() > kLongestLayerPath) {
    return absl::FailedPreconditionError(
        Concat("it has a path of ", path.size(), " bytes, more than ",
               kLongestLayerPath, ", that begins with \"",
               absl::CHexEscape(ToAbsl(path.substr(0, kShown))), "\""));
  }
  std::vector<std::string> names = absl::StrSplit(
      ToAbsl(path), '/',
      [](absl::string_view name) { return !name.empty() && name != "."; });
  if (names.size() > kDeepestLayerPath) {
    return absl::FailedPreconditionError(
        Concat("it has a path of ", names.size(), " names, more than ",
               kDeepestLayerPath, ", that begins with \"",
               absl::CHexEscape(ToAbsl(path.substr(0, kShown))), "\""));
  }
  for (const std::string& name : names) {
    if (name == "..") {
      return absl::FailedPreconditionError(
          Concat("it has the path \"", absl::CHexEscape(ToAbsl(path)),
                 "\", which leaves its directory"));
    }
  }
  return names;
}

absl::StatusOr<FileDescriptor> OpenDirectoryBeneath(
    int root, const std::vector<std::string>& names, bool create) {
  FileDescriptor directory(openat(root, ".", kDirectory));
  for (const std::string& name : names) {
    if (directory.get() < 0) break;
    const bool made =
        create && mkdirat(directory.get(), name.c_str(), 0700) == 0;
    directory =
        FileDescriptor(openat(directory.get(), name.c_str(), kDirectory));
    // Whatever the umask is.
    if (made && directory.get() >= 0) (void)fchmod(directory.get(), 0755);
  }
  if (directory.get() >= 0) return directory;
  const int error = errno;
  const std::string path = absl::CHexEscape(absl::StrJoin(names, "/"));
  if (error == ENOTDIR || error == ELOOP) {
    return absl::FailedPreconditionError(
        Concat("\"", path,
               "\" leads through a link or a file, which is not followed"));
  }
  return FileError(error, "open", path);
}

bool IsWhiteout(const struct stat& info) {
  return S_ISCHR(info.st_mode) && info.st_rdev == makedev(0, 0);
}

bool IsOpaque(int directory) {
  char value = 0;
  return fgetxattr(directory, kOpaque, &value, 1) == 1 && value == 'y';
}

bool MakeOpaque(int directory) {
  return fsetxattr(directory, kOpaque, "y", 1, 0) == 0;
}

}  // namespace kso::worker

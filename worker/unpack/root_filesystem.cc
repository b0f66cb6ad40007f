// SPDX-License-Identifier: Apache-2.0
#include "worker/unpack/root_filesystem.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <optional>
#include <utility>

#include "absl/strings/escaping.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/files/file_io.h"
#include "worker/unpack/beneath.h"

namespace kso::worker {
namespace {

constexpr size_t kLargestFile = 1 << 20;

// Looks up a path in one layer; finds nothing when lower layers decide.
class LayerLookup {
 public:
  LayerLookup(FileDescriptor layer, std::string_view path)
      : directory_(std::move(layer)), path_(path) {}

  absl::StatusOr<std::optional<std::string>> Find() {
    KSO_ASSIGN_OR_RETURN(const std::vector<std::string> names,
                         SplitLayerPath(path_));
    bool opaque = false;
    for (size_t i = 0; i < names.size(); ++i) {
      struct stat info;
      if (fstatat(directory_.get(), names[i].c_str(), &info,
                  AT_SYMLINK_NOFOLLOW) != 0) {
        if (errno != ENOENT) return FileError(errno, "look at", path_);
        if (opaque) return Missing();
        return std::nullopt;
      }
      if (IsWhiteout(info)) return Missing();
      const bool last = i + 1 == names.size();
      if (last ? !S_ISREG(info.st_mode) : !S_ISDIR(info.st_mode)) {
        return absl::FailedPreconditionError(
            Concat("the image has something else than a plain file at ",
                   absl::CHexEscape(ToAbsl(path_))));
      }
      const int flags = O_RDONLY | O_NOFOLLOW | O_CLOEXEC;
      FileDescriptor next(openat(directory_.get(), names[i].c_str(), flags));
      if (next.get() < 0) return FileError(errno, "open", path_);
      directory_ = std::move(next);
      opaque = opaque || (!last && IsOpaque(directory_.get()));
    }
    const auto source = SourceOfFile(std::move(directory_), path_);
    return ReadAll(*source, kLargestFile);
  }

 private:
  absl::Status Missing() const {
    return absl::NotFoundError(
        Concat("the image has no ", absl::CHexEscape(ToAbsl(path_))));
  }

  FileDescriptor directory_;
  const std::string path_;
};

}  // namespace

absl::StatusOr<std::string> ReadFileOf(const RootFilesystem& root,
                                       std::string_view path) {
  for (auto layer = root.layers.rbegin(); layer != root.layers.rend();
       ++layer) {
    KSO_ASSIGN_OR_RETURN(
        FileDescriptor directory,
        OpenFile(root.directory / layer->name, O_RDONLY | O_DIRECTORY));
    KSO_ASSIGN_OR_RETURN(std::optional<std::string> found,
                         LayerLookup(std::move(directory), path).Find());
    if (found.has_value()) return *std::move(found);
  }
  return absl::NotFoundError(
      Concat("the image has no ", absl::CHexEscape(ToAbsl(path))));
}

}  // namespace kso::worker

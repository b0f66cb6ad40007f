// SPDX-License-Identifier: Apache-2.0
#include "worker/unpack/made_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/match.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/bytes/byte_stream.h"
#include "common/files/file_io.h"
#include "worker/disk/disk_write.h"
#include "worker/task/cancellable_sink.h"
#include "worker/unpack/beneath.h"

namespace kso::worker {
namespace {

namespace fs = std::filesystem;

// One layer's files, in its directory.
class MadeFiles {
 public:
  MadeFiles(DiskBlobStore& cache, const TaskControl& control,
            const MakeRoom& make_room, FileDescriptor root)
      : cache_(cache),
        control_(control),
        make_room_(make_room),
        root_(std::move(root)) {}

  absl::Status Add(const MadeFile& file) {
    if (control_.cancelled()) return absl::CancelledError("cancelled");
    KSO_ASSIGN_OR_RETURN(std::vector<std::string> names,
                         SplitLayerPath(file.path));
    const bool whiteout =
        std::any_of(names.begin(), names.end(), [](const std::string& name) {
          return absl::StartsWith(name, kWhiteoutPrefix);
        });
    if (names.empty() || whiteout) {
      return absl::FailedPreconditionError(
          Concat("\"", file.path, "\" is no file once it is unpacked"));
    }
    const std::string name = std::move(names.back());
    names.pop_back();
    KSO_ASSIGN_OR_RETURN(
        const FileDescriptor parent,
        OpenDirectoryBeneath(root_.get(), names, /*create=*/true));
    KSO_ASSIGN_OR_RETURN(const bool linked, Link(file, parent.get(), name));
    if (linked) return absl::OkStatus();
    return Copy(file, parent.get(), name);
  }

 private:
  // False, and nothing there, when the cache's file is not as the layer's.
  absl::StatusOr<bool> Link(const MadeFile& file, int parent,
                            const std::string& name) {
    absl::Status linked = cache_.Link(file.blob, parent, name);
    if (absl::IsFailedPrecondition(linked)) {
      // It was there before this process. Reading from its end verifies it.
      KSO_RETURN_IF_ERROR(cache_.Open(file.blob, file.size).status());
      linked = cache_.Link(file.blob, parent, name);
    }
    if (!linked.ok()) return false;
    struct stat info;
    if (fstatat(parent, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        info.st_mode == (S_IFREG | file.mode) && info.st_size == file.size &&
        (file.mtime == 0 || info.st_mtime == file.mtime) && info.st_uid == 0 &&
        info.st_gid == 0) {
      return true;
    }
    unlinkat(parent, name.c_str(), 0);
    return false;
  }

  absl::Status Copy(const MadeFile& file, int parent, const std::string& name) {
    KSO_RETURN_IF_ERROR(make_room_(file.size));
    const fs::path path = file.path;
    FileDescriptor copy(openat(parent, name.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (copy.get() < 0) return DiskError(errno, "make", path);
    if (fchown(copy.get(), 0, 0) != 0 || fchmod(copy.get(), file.mode) != 0) {
      return DiskError(errno, "own", path);
    }
    KSO_ASSIGN_OR_RETURN(const std::unique_ptr<ByteSource> source,
                         cache_.Open(file.blob, 0));
    const int copied = copy.get();
    FileWriter writer(std::move(copy), path);
    CancellableSink cancellable(writer, control_);
    KSO_RETURN_IF_ERROR(CopyBytes(*source, cancellable).status());
    const timespec times[2] = {{.tv_sec = file.mtime, .tv_nsec = 0},
                               {.tv_sec = file.mtime, .tv_nsec = 0}};
    if (futimens(copied, times) != 0) return DiskError(errno, "date", path);
    return absl::OkStatus();
  }

  DiskBlobStore& cache_;
  const TaskControl& control_;
  const MakeRoom& make_room_;
  const FileDescriptor root_;
};

}  // namespace

LayerSource LinkMadeFiles(std::vector<MadeFile> files, DiskBlobStore* cache,
                          const TaskControl* control) {
  return [files = std::move(files), cache, control](
             const fs::path& directory,
             const MakeRoom& make_room) -> absl::StatusOr<int64_t> {
    KSO_ASSIGN_OR_RETURN(FileDescriptor root,
                         OpenFile(directory, O_RDONLY | O_DIRECTORY));
    MadeFiles made(*cache, *control, make_room, std::move(root));
    int64_t bytes = 0;
    for (const MadeFile& file : files) {
      KSO_RETURN_IF_ERROR(made.Add(file));
      bytes += file.size;
    }
    return bytes;
  };
}

}  // namespace kso::worker

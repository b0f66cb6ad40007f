// SPDX-License-Identifier: Apache-2.0
#include "common/files/remove_tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/files/file_io.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

constexpr int kDirectory = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;

struct CloseDirectory {
  void operator()(DIR* directory) const { closedir(directory); }
};

class TreeRemover {
 public:
  explicit TreeRemover(const fs::path& path) : path_(path) {}

  absl::Status Run(FileDescriptor root) {
    here_ = std::move(root);
    Enter();
    while (true) {
      Level& level = levels_.back();
      if (!level.directories.empty()) {
        const std::string name = std::move(level.directories.back());
        level.directories.pop_back();
        FileDescriptor below(openat(here_.get(), name.c_str(), kDirectory));
        if (below.get() < 0) {
          if (errno != ENOENT) Note("open");
          continue;
        }
        level.removing = name;
        here_ = std::move(below);
        Enter();
        continue;
      }
      levels_.pop_back();
      if (levels_.empty()) return status_;
      if (!GoUp()) return status_;
    }
  }

 private:
  // A directory on the way from the root to the present one.
  struct Level {
    dev_t device = 0;
    ino_t inode = 0;
    // The directories in it that are still there.
    std::vector<std::string> directories;
    // The one that the next level is.
    std::string removing;
  };

  // Removes all of the present directory but directories, and notes those.
  void Enter() {
    Level& level = levels_.emplace_back();
    struct stat info;
    if (fstat(here_.get(), &info) == 0) {
      level.device = info.st_dev;
      level.inode = info.st_ino;
    }
    // The stream takes over the descriptor that it is given.
    const int copy = openat(here_.get(), ".", kDirectory);
    const std::unique_ptr<DIR, CloseDirectory> stream(
        copy < 0 ? nullptr : fdopendir(copy));
    if (stream == nullptr) {
      Note("list");
      if (copy >= 0) close(copy);
      return;
    }
    while (true) {
      errno = 0;
      const dirent* const entry = readdir(stream.get());
      if (entry == nullptr) {
        if (errno != 0) Note("list");
        return;
      }
      const std::string_view name = entry->d_name;
      if (name == "." || name == "..") continue;
      if (unlinkat(here_.get(), entry->d_name, 0) == 0) continue;
      // POSIX has EPERM for a directory, Linux EISDIR.
      if (errno == EISDIR || errno == EPERM) {
        level.directories.emplace_back(name);
      } else if (errno != ENOENT) {
        Note("remove a file");
      }
    }
  }

  // Back to the directory above, whose empty child is then removed. False when
  // it is another one than on the way down.
  bool GoUp() {
    const Level& level = levels_.back();
    here_ = FileDescriptor(openat(here_.get(), "..", kDirectory));
    struct stat info;
    if (here_.get() < 0 || fstat(here_.get(), &info) != 0 ||
        info.st_dev != level.device || info.st_ino != level.inode) {
      if (status_.ok()) {
        status_ = FileError(here_.get() < 0 ? errno : EBUSY, "remove", path_);
      }
      return false;
    }
    if (unlinkat(here_.get(), level.removing.c_str(), AT_REMOVEDIR) != 0 &&
        errno != ENOENT) {
      Note("remove a directory");
    }
    return true;
  }

  void Note(std::string_view what) {
    const int error = errno;
    if (status_.ok()) {
      status_ = FileError(error, std::string(what) + " below", path_);
    }
  }

  const fs::path& path_;
  FileDescriptor here_;
  std::vector<Level> levels_;
  absl::Status status_;
};

}  // namespace

absl::Status RemoveTree(const fs::path& path) {
  if (unlink(path.c_str()) == 0 || errno == ENOENT) return absl::OkStatus();
  if (errno != EISDIR && errno != EPERM) {
    return FileError(errno, "remove", path);
  }
  FileDescriptor root(open(path.c_str(), kDirectory));
  if (root.get() < 0) {
    return errno == ENOENT ? absl::OkStatus() : FileError(errno, "open", path);
  }
  absl::Status status = TreeRemover(path).Run(std::move(root));
  if (rmdir(path.c_str()) != 0 && errno != ENOENT && status.ok()) {
    status = FileError(errno, "remove", path);
  }
  return status;
}

}  // namespace kso

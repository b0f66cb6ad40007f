// SPDX-License-Identifier: Apache-2.0
#include "common/files/private_directory.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <deque>
#include <string>
#include <system_error>

#include "absl/status/statusor.h"
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

// The links that one way may have (path_resolution(7)).
constexpr int kMostLinks = 40;

// The users whom a directory above ours may belong to.
class Owners {
 public:
  // Of a user namespace without root, nobody is the owner of "/", and of all
  // that root has made outside.
  static absl::StatusOr<Owners> Find() {
    struct stat info;
    if (::stat("/", &info) != 0) return FileError(errno, "look at", "/");
    return Owners(info.st_uid);
  }

  bool Contain(uid_t user) const {
    return user == 0 || user == machine_ || user == ::geteuid();
  }

 private:
  explicit Owners(uid_t machine) : machine_(machine) {}

  uid_t machine_;
};

// The reason why somebody else may change what is in a directory; empty where
// nobody may. A group with its user's number is that user's own.
std::string WhyOpen(const struct stat& info, const Owners& owners) {
  if (!owners.Contain(info.st_uid)) {
    return Concat("belongs to user ", info.st_uid);
  }
  if ((info.st_mode & S_ISVTX) != 0) return "";
  if ((info.st_mode & S_IWOTH) != 0) return "may be written by every user";
  const bool own_group = info.st_gid == 0 || info.st_gid == ::geteuid();
  if ((info.st_mode & S_IWGRP) != 0 && !own_group) {
    return Concat("may be written by group ", info.st_gid);
  }
  return "";
}

// The way to a directory, link by link.
class Way {
 public:
  Way(const std::filesystem::path& directory, std::string_view what,
      std::string_view otherwise, const Owners& owners)
      : directory_(directory),
        what_(what),
        otherwise_(otherwise),
        owners_(owners) {}

  absl::Status Check() {
    Prepend(directory_);
    while (!left_.empty()) {
      const std::filesystem::path name = left_.front();
      left_.pop_front();
      if (name.empty() || name == "." || name == "/") continue;
      if (name == "..") {
        at_ = at_.parent_path();
        continue;
      }
      KSO_RETURN_IF_ERROR(Judge(at_));
      struct stat info;
      if (::lstat((at_ / name).c_str(), &info) != 0) {
        if (errno == ENOENT) return absl::OkStatus();
        return FileError(errno, "look at", at_ / name);
      }
      if (S_ISLNK(info.st_mode)) {
        KSO_RETURN_IF_ERROR(Follow(at_ / name, info));
      } else {
        at_ /= name;
      }
    }
    return absl::OkStatus();
  }

 private:
  void Prepend(const std::filesystem::path& path) {
    left_.insert(left_.begin(), path.begin(), path.end());
    if (path.is_absolute()) at_ = "/";
  }

  absl::Status Follow(const std::filesystem::path& link,
                      const struct stat& info) {
    if (!owners_.Contain(info.st_uid)) {
      return Open(link, Concat("belongs to user ", info.st_uid));
    }
    if (++links_ > kMostLinks) return FileError(ELOOP, "follow", link);
    std::error_code error;
    const std::filesystem::path target =
        std::filesystem::read_symlink(link, error);
    if (error) return FileError(error.value(), "follow", link);
    Prepend(target);
    return absl::OkStatus();
  }

  absl::Status Judge(const std::filesystem::path& above) const {
    struct stat info;
    if (::stat(above.c_str(), &info) != 0) {
      return FileError(errno, "look at", above);
    }
    const std::string why = WhyOpen(info, owners_);
    return why.empty() ? absl::OkStatus() : Open(above, why);
  }

  absl::Status Open(const std::filesystem::path& place,
                    std::string_view why) const {
    return absl::FailedPreconditionError(
        Concat(directory_.string(), " cannot be the ", what_, ": ",
               place.string(), " ", why,
               ", so that another directory may be put in its place; name one "
               "that is in a directory of your own, or change owner and mode "
               "of ",
               place.string(), otherwise_.empty() ? "" : ", or ", otherwise_));
  }

  const std::filesystem::path directory_;
  const std::string_view what_;
  const std::string_view otherwise_;
  const Owners owners_;
  // Without links and "..": what has been judged.
  std::filesystem::path at_;
  std::deque<std::filesystem::path> left_;
  int links_ = 0;
};

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

absl::Status CheckWayTo(const std::filesystem::path& directory,
                        std::string_view what, std::string_view otherwise) {
  std::error_code error;
  const std::filesystem::path absolute =
      std::filesystem::absolute(directory, error);
  if (error) return FileError(error.value(), "find", directory);
  KSO_ASSIGN_OR_RETURN(const Owners owners, Owners::Find());
  return Way(absolute, what, otherwise, owners).Check();
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

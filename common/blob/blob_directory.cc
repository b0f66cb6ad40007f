#include "common/blob/blob_directory.h"

#include <unistd.h>

#include <cerrno>
#include <cstdio>

#include "common/base/file_io.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"

namespace kso {

namespace fs = std::filesystem;

FileIdentity FileIdentity::Of(const struct stat& info) {
  return {info.st_ino, info.st_size, info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
}

fs::path BlobDirectory::PathOf(const Digest& digest) const {
  return root_ / digest.algorithm_name() / digest.hex().substr(0, 2) /
         digest.hex();
}

bool BlobDirectory::IsVerified(const Digest& digest,
                               const FileIdentity& file) const {
  absl::MutexLock lock(&mutex_);
  const auto found = verified_.find(digest);
  return found != verified_.end() && found->second == file;
}

void BlobDirectory::SetVerified(const Digest& digest,
                                const FileIdentity& file) {
  absl::MutexLock lock(&mutex_);
  verified_[digest] = file;
}

void BlobDirectory::SetAside(const Digest& digest, const FileIdentity& file) {
  absl::MutexLock lock(&mutex_);
  verified_.erase(digest);
  const fs::path path = PathOf(digest);
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0) return;
  if (FileIdentity::Of(info) != file) return;
  const fs::path aside =
      root_ / "damaged" / Concat(digest.algorithm_name(), "-", digest.hex());
  if (::rename(path.c_str(), aside.c_str()) != 0) ::unlink(path.c_str());
}

absl::Status BlobDirectory::Publish(const Digest& digest,
                                    const fs::path& file) {
  const fs::path path = PathOf(digest);
  KSO_RETURN_IF_ERROR(MakeDirectories(path.parent_path()));
  absl::MutexLock lock(&mutex_);
  struct stat info;
  if (::lstat(file.c_str(), &info) != 0) {
    return FileError(errno, "look at", file);
  }
  KSO_RETURN_IF_ERROR(RenameAndSync(file, path));
  verified_[digest] = FileIdentity::Of(info);
  return absl::OkStatus();
}

}  // namespace kso

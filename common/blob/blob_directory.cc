// SPDX-License-Identifier: Apache-2.0
#include "common/blob/blob_directory.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <string>
#include <system_error>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/directory.h"
#include "common/files/file_io.h"

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

absl::StatusOr<std::vector<FoundBlob>> BlobDirectory::List() const {
  // By the time of the last use.
  std::vector<std::pair<timespec, FoundBlob>> found;
  for (const char* algorithm : {"sha256", "sha512"}) {
    const auto add = [&](const fs::directory_entry& entry) {
      struct stat info;
      if (::lstat(entry.path().c_str(), &info) != 0) return;
      if (!S_ISREG(info.st_mode)) return;
      const absl::StatusOr<Digest> digest = Digest::Parse(
          Concat(algorithm, ":", entry.path().filename().string()));
      if (!digest.ok()) return;
      found.push_back(
          {info.st_atim,
           {*digest, info.st_size, absl::TimeFromTimespec(info.st_mtim)}});
    };
    KSO_RETURN_IF_ERROR(ForEachEntryBelow(root_ / algorithm, add));
  }
  std::sort(found.begin(), found.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first.tv_sec, a.first.tv_nsec) <
           std::pair(b.first.tv_sec, b.first.tv_nsec);
  });
  std::vector<FoundBlob> blobs;
  blobs.reserve(found.size());
  for (auto& [used, blob] : found) blobs.push_back(std::move(blob));
  return blobs;
}

void BlobDirectory::Remove(const Digest& digest) {
  absl::MutexLock lock(&mutex_);
  verified_.erase(digest);
  ::unlink(PathOf(digest).c_str());
}

bool BlobDirectory::RemoveUnlessRewritten(const FoundBlob& found) {
  absl::MutexLock lock(&mutex_);
  const fs::path path = PathOf(found.digest);
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0 ||
      absl::TimeFromTimespec(info.st_mtim) != found.modified ||
      ::unlink(path.c_str()) != 0) {
    return false;
  }
  verified_.erase(found.digest);
  return true;
}

void BlobDirectory::EmptyDamaged() {
  // A directory that cannot be listed keeps its space; the caller sees how much
  // is free.
  ForEachEntry(root_ / "damaged", [](const fs::directory_entry& entry) {
    ::unlink(entry.path().c_str());
  }).IgnoreError();
}

bool BlobDirectory::SetAside(const Digest& digest, const FileIdentity& file) {
  absl::MutexLock lock(&mutex_);
  verified_.erase(digest);
  const fs::path path = PathOf(digest);
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0) return false;
  if (FileIdentity::Of(info) != file) return false;
  const fs::path aside =
      root_ / "damaged" / Concat(digest.algorithm_name(), "-", digest.hex());
  if (::rename(path.c_str(), aside.c_str()) != 0) ::unlink(path.c_str());
  return true;
}

absl::Status BlobDirectory::Publish(const Digest& digest, const fs::path& file,
                                    bool verified) {
  const fs::path path = PathOf(digest);
  if (synced_) {
    KSO_RETURN_IF_ERROR(MakeDirectories(path.parent_path()));
  } else {
    std::error_code error;
    fs::create_directories(path.parent_path(), error);
    if (error) {
      return FileError(error.value(), "make the directory", path.parent_path());
    }
  }
  // Whatever the umask is: workers make layers of images of links to these
  // files, and the directory of them all is closed to others.
  if (::chmod(file.c_str(), 0644) != 0) return FileError(errno, "open", file);
  KSO_RETURN_IF_ERROR(Rename(digest, file, path, verified));
  return synced_ ? SyncDirectory(path.parent_path()) : absl::OkStatus();
}

absl::Status BlobDirectory::Rename(const Digest& digest, const fs::path& file,
                                   const fs::path& path, bool verified) {
  absl::MutexLock lock(&mutex_);
  struct stat info;
  if (::lstat(file.c_str(), &info) != 0) {
    return FileError(errno, "look at", file);
  }
  if (::rename(file.c_str(), path.c_str()) != 0) {
    return FileError(errno, Concat("rename to ", path.string()), file);
  }
  verified_.erase(digest);
  if (verified) verified_.insert({digest, FileIdentity::Of(info)});
  return absl::OkStatus();
}

}  // namespace kso

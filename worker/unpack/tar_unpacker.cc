// SPDX-License-Identifier: Apache-2.0
#include "worker/unpack/tar_unpacker.h"

#include <archive.h>
#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <cerrno>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/content/archive_reader.h"
#include "common/files/file_io.h"
#include "worker/task/failure.h"
#include "worker/unpack/beneath.h"

namespace kso::worker {
namespace {

constexpr absl::string_view kOpaqueWhiteout = ".wh..wh..opq";
// Notes of aufs to itself.
constexpr absl::string_view kNote = ".wh..wh.";
constexpr char kCapabilities[] = "security.capability";

// SECURE_SYMLINKS without UNLINK: a link in the way of a path is an error, and
// is not removed.
constexpr int kWriteFlags =
    ARCHIVE_EXTRACT_OWNER | ARCHIVE_EXTRACT_PERM | ARCHIVE_EXTRACT_TIME |
    ARCHIVE_EXTRACT_XATTR | ARCHIVE_EXTRACT_SECURE_SYMLINKS |
    ARCHIVE_EXTRACT_SECURE_NODOTDOT | ARCHIVE_EXTRACT_SECURE_NOABSOLUTEPATHS;

// The room that each entry takes on the disk, besides its content.
constexpr int64_t kEntryBytes = 4 << 10;

using Names = std::vector<std::string>;

struct FreeWriter {
  void operator()(struct archive* writer) const { archive_write_free(writer); }
};

std::string Quoted(absl::string_view path) {
  return Concat("\"", absl::CHexEscape(path), "\"");
}

// Returns whether the disk itself failed, whatever the layer holds.
bool IsDiskError(int error) {
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EIO:
    case EROFS:
    case ENOMEM:
    case EMFILE:
    case ENFILE:
      return true;
    default:
      return false;
  }
}

absl::Status WriteError(int error, absl::string_view path,
                        std::string_view said) {
  const std::string text = Concat("cannot unpack ", Quoted(path), ": ", said);
  if (error == ENOSPC || error == EDQUOT) {
    return About(WorkerTrouble(absl::ResourceExhaustedError(text)), "", "",
                 "give the worker's --cache-dir more space");
  }
  if (IsDiskError(error)) return WorkerTrouble(absl::UnavailableError(text));
  return absl::FailedPreconditionError(text);
}

absl::Status SystemError(absl::string_view path) {
  const int error = errno;
  return WriteError(error, path,
                    ToStd(absl::ErrnoToStatus(error, "").message()));
}

// Removes the extended attributes that mean something to this machine rather
// than to the image: overlayfs's own would reach past the layer.
void KeepCapabilitiesOnly(struct archive_entry* entry) {
  std::string kept;
  const char* name;
  const void* value;
  size_t size;
  archive_entry_xattr_reset(entry);
  while (archive_entry_xattr_next(entry, &name, &value, &size) == ARCHIVE_OK) {
    if (name != nullptr && absl::string_view(name) == kCapabilities) {
      kept.assign(static_cast<const char*>(value), size);
    }
  }
  archive_entry_xattr_clear(entry);
  if (kept.empty()) return;
  archive_entry_xattr_add_entry(entry, kCapabilities, kept.data(), kept.size());
}

class TarUnpacker {
 public:
  TarUnpacker(ByteSource& tar, const TarBounds& bounds,
              const MakeRoom& make_room, FileDescriptor root)
      : bounds_(bounds),
        make_room_(make_room),
        root_(std::move(root)),
        reader_(&tar),
        writer_(archive_write_disk_new()) {}

  absl::StatusOr<int64_t> Run() {
    if (writer_ == nullptr) {
      return Exhausted(Resource::kMemory, "out of memory");
    }
    archive_write_disk_set_options(writer_.get(), kWriteFlags);
    archive_read_support_format_tar(reader_.get());
    KSO_RETURN_IF_ERROR(reader_.Open());
    struct archive_entry* entry = nullptr;
    while (true) {
      const int result = archive_read_next_header(reader_.get(), &entry);
      if (result == ARCHIVE_EOF) break;
      // A warning is about what has no place in a file system.
      if (result < ARCHIVE_WARN) return reader_.Failure();
      KSO_RETURN_IF_ERROR(Unpack(entry));
    }
    // The modes and times of directories come last.
    if (archive_write_close(writer_.get()) != ARCHIVE_OK) return Failure(".");
    return bytes_ + entries_ * kEntryBytes;
  }

 private:
  absl::Status Unpack(struct archive_entry* entry) {
    const char* path = archive_entry_pathname(entry);
    if (path == nullptr) {
      return absl::FailedPreconditionError("it has a path that is not UTF-8");
    }
    KSO_ASSIGN_OR_RETURN(Names names, SplitLayerPath(path));
    if (names.empty()) return absl::OkStatus();  // The root has its own mode.
    KSO_RETURN_IF_ERROR(
        CountEntry(names, archive_entry_filetype(entry) == AE_IFDIR));
    if (absl::StartsWith(names.back(), kWhiteoutPrefix)) {
      return WhiteOut(std::move(names));
    }
    const bool is_link = archive_entry_hardlink(entry) != nullptr;
    const auto type = archive_entry_filetype(entry);
    const bool is_unpacked = is_link || type == AE_IFREG || type == AE_IFDIR ||
                             type == AE_IFLNK || type == AE_IFIFO;
    if (!is_unpacked) return absl::OkStatus();

    KSO_RETURN_IF_ERROR(ReplaceWhiteouts(names, type == AE_IFDIR));
    if (is_link) {
      KSO_ASSIGN_OR_RETURN(const Names target,
                           SplitLayerPath(archive_entry_hardlink(entry)));
      archive_entry_copy_hardlink(entry, absl::StrJoin(target, "/").c_str());
      archive_entry_unset_size(entry);
    }
    const std::string clean = absl::StrJoin(names, "/");
    archive_entry_copy_pathname(entry, clean.c_str());
    KeepCapabilitiesOnly(entry);
    if (!is_link && type == AE_IFREG) {
      KSO_RETURN_IF_ERROR(Count(clean, archive_entry_size(entry)));
      KSO_RETURN_IF_ERROR(make_room_(archive_entry_size(entry)));
    }
    if (archive_write_header(writer_.get(), entry) != ARCHIVE_OK) {
      return Failure(clean);
    }
    if (!is_link && type == AE_IFREG) KSO_RETURN_IF_ERROR(CopyData(clean));
    if (archive_write_finish_entry(writer_.get()) != ARCHIVE_OK) {
      return Failure(clean);
    }
    return absl::OkStatus();
  }

  // Counts an entry, and the directories on its way that no earlier one has.
  absl::Status CountEntry(const Names& names, bool is_directory) {
    if (!is_directory) ++entries_;
    const size_t directories = names.size() - (is_directory ? 0 : 1);
    size_t path_hash = 0;
    for (size_t i = 0; i < directories; ++i) {
      path_hash = absl::HashOf(path_hash, names[i]);
      if (directories_.insert(path_hash).second) ++entries_;
    }
    if (entries_ > bounds_.most_entries) {
      return absl::FailedPreconditionError(
          Concat("it has more than ", bounds_.most_entries,
                 " files and directories, which no sensible layer has"));
    }
    return absl::OkStatus();
  }

  absl::Status Count(absl::string_view path, int64_t size) {
    // A sparse file says any size without having it.
    if (size < 0 || size > bounds_.most_bytes - bytes_) {
      return absl::FailedPreconditionError(
          Concat("with ", Quoted(path), " of ", size,
                 " bytes it is larger than any sensible layer of its size"));
    }
    bytes_ += size;
    return absl::OkStatus();
  }

  absl::Status CopyData(absl::string_view path) {
    const void* data;
    size_t size;
    la_int64_t offset;
    while (true) {
      const int result =
          archive_read_data_block(reader_.get(), &data, &size, &offset);
      if (result == ARCHIVE_EOF) return absl::OkStatus();
      if (result != ARCHIVE_OK) return reader_.Failure();
      if (archive_write_data_block(writer_.get(), data, size, offset) < 0) {
        return Failure(path);
      }
    }
  }

  // Hides what lower layers have at a path.
  absl::Status WhiteOut(Names names) {
    const absl::string_view marker = names.back();
    const std::string base(marker.substr(kWhiteoutPrefix.size()));
    const bool opaque = marker == kOpaqueWhiteout;
    if (!opaque && absl::StartsWith(marker, kNote)) return absl::OkStatus();
    if (base.empty() || base == "." || base == "..") {
      return absl::FailedPreconditionError(
          Concat("it has the whiteout ", Quoted(absl::StrJoin(names, "/"))));
    }
    names.pop_back();
    KSO_RETURN_IF_ERROR(ReplaceWhiteouts(names, /*is_directory=*/true));
    KSO_ASSIGN_OR_RETURN(const FileDescriptor parent,
                         OpenDirectoryBeneath(root_.get(), names, true));
    if (opaque) return SetOpaque(parent.get(), names);
    names.push_back(base);

    struct stat info;
    if (fstatat(parent.get(), base.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0) {
      // The layer itself has something there: that stays.
      if (!S_ISDIR(info.st_mode)) return absl::OkStatus();
      KSO_ASSIGN_OR_RETURN(const FileDescriptor directory,
                           OpenDirectoryBeneath(root_.get(), names, false));
      return SetOpaque(directory.get(), names);
    }
    if (mknodat(parent.get(), base.c_str(), S_IFCHR, makedev(0, 0)) != 0) {
      return SystemError(absl::StrJoin(names, "/"));
    }
    whiteouts_.insert(absl::StrJoin(names, "/"));
    return absl::OkStatus();
  }

  // Before something of the layer takes the place of a whiteout, or comes below
  // it: a directory there must go on hiding what is below it.
  absl::Status ReplaceWhiteouts(const Names& names, bool is_directory) {
    if (whiteouts_.empty()) return absl::OkStatus();
    Names prefix;
    for (const std::string& name : names) {
      prefix.push_back(name);
      const std::string path = absl::StrJoin(prefix, "/");
      if (whiteouts_.erase(path) == 0) continue;
      const Names above(prefix.begin(), prefix.end() - 1);
      KSO_ASSIGN_OR_RETURN(const FileDescriptor parent,
                           OpenDirectoryBeneath(root_.get(), above, false));
      if (unlinkat(parent.get(), name.c_str(), 0) != 0) {
        return SystemError(path);
      }
      if (prefix.size() == names.size() && !is_directory) break;
      KSO_ASSIGN_OR_RETURN(const FileDescriptor directory,
                           OpenDirectoryBeneath(root_.get(), prefix, true));
      KSO_RETURN_IF_ERROR(SetOpaque(directory.get(), prefix));
    }
    return absl::OkStatus();
  }

  absl::Status SetOpaque(int directory, const Names& names) {
    if (MakeOpaque(directory)) return absl::OkStatus();
    return SystemError(absl::StrJoin(names, "/"));
  }

  absl::Status Failure(absl::string_view path) const {
    const char* said = archive_error_string(writer_.get());
    return WriteError(archive_errno(writer_.get()), path,
                      said == nullptr ? "no reason is known" : said);
  }

  const TarBounds bounds_;
  const MakeRoom& make_room_;
  const FileDescriptor root_;
  ArchiveReader reader_;
  const std::unique_ptr<struct archive, FreeWriter> writer_;
  // Paths at which this layer has made one.
  absl::flat_hash_set<std::string> whiteouts_;
  // Hashes of the paths of directories that entries lie in.
  absl::flat_hash_set<size_t> directories_;
  int64_t entries_ = 0;
  int64_t bytes_ = 0;
};

}  // namespace

absl::StatusOr<int64_t> UnpackTar(ByteSource& tar, const TarBounds& bounds,
                                  const MakeRoom& make_room) {
  KSO_ASSIGN_OR_RETURN(FileDescriptor root,
                       OpenFile(".", O_RDONLY | O_DIRECTORY));
  TarUnpacker unpacker(tar, bounds, make_room, std::move(root));
  return unpacker.Run();
}

}  // namespace kso::worker

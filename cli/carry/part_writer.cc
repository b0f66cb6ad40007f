// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/part_writer.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/str_format.h"
#include "cli/render/text.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/files/free_space.h"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

constexpr size_t kMaxParts = 1000;
constexpr size_t kBufferBytes = 256 << 10;

fs::path PartPath(const fs::path& file, size_t number) {
  return Concat(file.string(),
                absl::StrFormat(".%03d", static_cast<int>(number)));
}

// The size of the regular file at `path`; -1 when there is none.
int64_t SizeOf(const fs::path& path) {
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0 || !S_ISREG(info.st_mode)) return -1;
  return info.st_size;
}

// Also where a link is there that leads nowhere.
bool IsThere(const fs::path& path) {
  struct stat info;
  return ::lstat(path.c_str(), &info) == 0;
}

absl::StatusOr<size_t> ReadAt(const FileDescriptor& file, const fs::path& path,
                              char* buffer, size_t size, int64_t offset) {
  ssize_t count;
  do {
    count = ::pread(file.get(), buffer, size, offset);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return FileError(errno, "read", path);
  return static_cast<size_t>(count);
}

absl::Status WriteAt(const FileDescriptor& file, const fs::path& path,
                     std::string_view bytes, int64_t offset) {
  while (!bytes.empty()) {
    const ssize_t count =
        ::pwrite(file.get(), bytes.data(), bytes.size(), offset);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return FileError(errno, "write", path);
    bytes.remove_prefix(static_cast<size_t>(count));
    offset += count;
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<PartWriter>> PartWriter::Open(
    const Options& options) {
  const std::string name = options.file.filename().string();
  if (name.empty() || name.find_first_of("\\\n\r") != std::string::npos) {
    return absl::InvalidArgumentError(
        Concat("\"", Printable(options.file.string()),
               "\" cannot be the name of an archive"));
  }
  if (options.part_size > 0 && (options.total_size - 1) / options.part_size >=
                                   static_cast<int64_t>(kMaxParts)) {
    return absl::InvalidArgumentError(
        Concat("the archive of ", FormatBytes(options.total_size),
               " would have more than ", kMaxParts,
               " parts; choose a larger size for --split"));
  }
  KSO_RETURN_IF_ERROR(MakeDirectories(options.file.parent_path()));
  const fs::path lock_path = options.file.string() + ".lock";
  KSO_ASSIGN_OR_RETURN(FileLock lock,
                       FileLock::TryLock(lock_path, "wait for its end"));
  // A lock is empty, and removed at the end; this file is something else.
  if (SizeOf(lock_path) > 0) {
    return absl::FailedPreconditionError(
        Concat(lock_path.string(),
               " is in the way of the archive's lock: move it, or choose "
               "another name for the archive"));
  }
  std::unique_ptr<PartWriter> writer(
      new PartWriter(options, lock_path, std::move(lock)));
  KSO_RETURN_IF_ERROR(writer->LookAround());
  KSO_RETURN_IF_ERROR(writer->CheckSpace());
  return writer;
}

PartWriter::PartWriter(const Options& options, fs::path lock_path,
                       FileLock lock)
    : options_(options),
      lock_path_(std::move(lock_path)),
      lock_(std::move(lock)) {}

// The lock is still held, so the file is this process's to remove.
PartWriter::~PartWriter() { ::unlink(lock_path_.c_str()); }

absl::Status PartWriter::LookAround() {
  // Partial files of a run that split the archive in another way are of no use.
  if (options_.part_size > 0) {
    ::unlink((options_.file.string() + ".partial").c_str());
  }
  for (size_t number = 0; options_.part_size == 0; ++number) {
    const fs::path other = PartPath(options_.file, number);
    if (::unlink((other.string() + ".partial").c_str()) != 0) break;
  }
  int64_t left = options_.total_size;
  do {
    Part part;
    part.path = options_.part_size > 0 ? PartPath(options_.file, parts_.size())
                                       : options_.file;
    part.partial = part.path.string() + ".partial";
    part.size =
        options_.part_size > 0 ? std::min(options_.part_size, left) : left;
    left -= part.size;
    // The partial file is newer than the finished one.
    part.existing = SizeOf(part.partial);
    if (part.existing > part.size) {
      if (::truncate(part.partial.c_str(), part.size) != 0) {
        return FileError(errno, "shorten", part.partial);
      }
      part.existing = part.size;
    }
    if (part.existing < 0 && SizeOf(part.path) == part.size) {
      part.is_final = true;
      part.existing = part.size;
    }
    part.existing = std::max<int64_t>(part.existing, 0);
    parts_.push_back(std::move(part));
  } while (left > 0);
  return options_.part_size > 0 ? FindSurplus() : absl::OkStatus();
}

absl::Status PartWriter::FindSurplus() {
  for (size_t number = parts_.size(); number < kMaxParts; ++number) {
    fs::path path = PartPath(options_.file, number);
    if (!IsThere(path)) continue;
    if (!options_.written_before.contains(path.filename().string())) {
      return absl::FailedPreconditionError(
          Concat(path.string(),
                 " would be taken for a part of the archive, and the record of "
                 "no export names it: move it, or choose another name for the "
                 "archive"));
    }
    surplus_.push_back(std::move(path));
  }
  return absl::OkStatus();
}

absl::Status PartWriter::CheckSpace() const {
  const absl::StatusOr<int64_t> free = FreeBytes(options_.file.parent_path());
  // Where the free space is not known, writing shows whether it is enough.
  if (!free.ok()) return absl::OkStatus();
  int64_t needed = options_.total_size;
  for (const Part& part : parts_) needed -= part.existing;
  if (needed <= *free) return absl::OkStatus();
  return Exhausted(
      Resource::kDisk,
      Concat(options_.file.string(), " needs ", FormatBytes(needed),
             " more, and ", "its disk has only ", FormatBytes(*free), " free"));
}

size_t PartWriter::PartAt(int64_t position) const {
  return options_.part_size > 0 ? position / options_.part_size : 0;
}

int64_t PartWriter::StartOf(size_t part) const {
  return static_cast<int64_t>(part) * options_.part_size;
}

absl::Status PartWriter::OpenForReading(size_t number) {
  if (file_.get() >= 0 && open_part_ == number) return absl::OkStatus();
  const Part& part = parts_[number];
  KSO_ASSIGN_OR_RETURN(
      file_, OpenFile(part.is_final ? part.path : part.partial, O_RDONLY));
  open_part_ = number;
  writable_ = false;
  return absl::OkStatus();
}

absl::StatusOr<size_t> PartWriter::Peek(char* buffer, size_t size) {
  const size_t number = PartAt(position_);
  if (number >= parts_.size()) return size_t{0};
  const Part& part = parts_[number];
  const int64_t offset = position_ - StartOf(number);
  const int64_t there = part.existing - offset;
  if (there <= 0) return size_t{0};
  KSO_RETURN_IF_ERROR(OpenForReading(number));
  return ReadAt(file_, part.path, buffer,
                std::min(size, static_cast<size_t>(there)), offset);
}

absl::Status PartWriter::Accept(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t number = PartAt(position_);
    const int64_t left = StartOf(number) + parts_[number].size - position_;
    const std::string_view now = bytes.substr(0, left);
    KSO_RETURN_IF_ERROR(Advance(now, /*written=*/false));
    bytes.remove_prefix(now.size());
  }
  return absl::OkStatus();
}

absl::Status PartWriter::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t number = PartAt(position_);
    if (number >= parts_.size()) {
      return absl::InternalError("more bytes than the archive should have");
    }
    Part& part = parts_[number];
    const int64_t offset = position_ - StartOf(number);
    const std::string_view now = bytes.substr(0, part.size - offset);
    KSO_RETURN_IF_ERROR(Prepare(number, offset));
    KSO_RETURN_IF_ERROR(WriteAt(file_, part.partial, now, offset));
    part.existing = offset + static_cast<int64_t>(now.size());
    KSO_RETURN_IF_ERROR(Advance(now, /*written=*/true));
    bytes.remove_prefix(now.size());
  }
  return absl::OkStatus();
}

absl::Status PartWriter::Prepare(size_t number, int64_t offset) {
  wrote_ = true;
  Part& part = parts_[number];
  if (file_.get() >= 0 && open_part_ == number && writable_ &&
      part.existing == offset) {
    return absl::OkStatus();
  }
  // Later parts were found to be wrong, or follow bytes that were.
  for (size_t later = number + 1; later < parts_.size(); ++later) {
    ::unlink(parts_[later].partial.c_str());
    parts_[later].existing = 0;
    parts_[later].is_final = false;
  }
  KSO_ASSIGN_OR_RETURN(FileDescriptor file,
                       OpenFile(part.partial, O_RDWR | O_CREAT));
  if (part.is_final) {
    // A finished file is never changed: its right beginning is copied.
    KSO_RETURN_IF_ERROR(OpenForReading(number));
    if (::ftruncate(file.get(), 0) != 0) {
      return FileError(errno, "empty", part.partial);
    }
    std::string buffer(kBufferBytes, '\0');
    for (int64_t done = 0; done < offset;) {
      const auto wanted = static_cast<size_t>(
          std::min<int64_t>(offset - done, static_cast<int64_t>(kBufferBytes)));
      KSO_ASSIGN_OR_RETURN(
          const size_t count,
          ReadAt(file_, part.path, buffer.data(), wanted, done));
      if (count == 0) {
        return absl::AbortedError(
            Concat(part.path.string(), ": changed while it was read"));
      }
      KSO_RETURN_IF_ERROR(WriteAt(
          file, part.partial, std::string_view(buffer.data(), count), done));
      done += static_cast<int64_t>(count);
    }
    part.is_final = false;
  } else if (::ftruncate(file.get(), offset) != 0) {
    return FileError(errno, "shorten", part.partial);
  }
  file_ = std::move(file);
  open_part_ = number;
  writable_ = true;
  part.existing = offset;
  return absl::OkStatus();
}

absl::Status PartWriter::Advance(std::string_view bytes, bool written) {
  hasher_.Update(bytes);
  const size_t number = PartAt(position_);
  Part& part = parts_[number];
  position_ += static_cast<int64_t>(bytes.size());
  if (position_ - StartOf(number) < part.size) return absl::OkStatus();
  part.sum = std::exchange(hasher_, Hasher()).Finish().ToString();
  if (written || !part.is_final) {
    // Bytes of an interrupted run may not be on disk either.
    KSO_RETURN_IF_ERROR(OpenForReading(number));
    if (::fdatasync(file_.get()) != 0) {
      return FileError(errno, "sync", part.partial);
    }
  }
  return absl::OkStatus();
}

absl::Status PartWriter::Rewind(int64_t position) {
  position_ = std::min(position, options_.total_size);
  hasher_ = Hasher();
  const size_t number = PartAt(position_);
  if (number >= parts_.size()) return absl::OkStatus();
  // The checksum of the part covers the bytes before the position.
  const int64_t stays = position_ - StartOf(number);
  std::string buffer(kBufferBytes, '\0');
  for (int64_t done = 0; done < stays;) {
    KSO_RETURN_IF_ERROR(OpenForReading(number));
    KSO_ASSIGN_OR_RETURN(
        const size_t count,
        ReadAt(file_, parts_[number].path, buffer.data(),
               std::min(buffer.size(), static_cast<size_t>(stays - done)),
               done));
    if (count == 0) {
      return absl::AbortedError(
          Concat(parts_[number].path.string(), ": changed while it was read"));
    }
    hasher_.Update(std::string_view(buffer.data(), count));
    done += static_cast<int64_t>(count);
  }
  return absl::OkStatus();
}

absl::Status PartWriter::RemoveSurplus() {
  for (const fs::path& path : surplus_) {
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) {
      return FileError(errno, "remove", path);
    }
  }
  return SyncDirectory(options_.file.parent_path());
}

absl::StatusOr<std::vector<PartSum>> PartWriter::Publish() {
  if (position_ != options_.total_size) {
    return absl::InternalError(Concat("the archive has ", position_, " of ",
                                      options_.total_size, " bytes"));
  }
  file_ = FileDescriptor();
  std::vector<PartSum> sums;
  for (Part& part : parts_) {
    KSO_ASSIGN_OR_RETURN(const Digest sum, Digest::Parse(part.sum));
    sums.push_back({part.path, sum});
    if (part.is_final) continue;
    wrote_ = true;
    KSO_RETURN_IF_ERROR(RenameAndSync(part.partial, part.path));
    part.is_final = true;
  }
  return sums;
}

}  // namespace kso::cli

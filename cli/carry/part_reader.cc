// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/part_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_format.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"

namespace kso::cli {
namespace {

namespace fs = std::filesystem;

// 12 of "release.tar.012"; -1 when it is no such name.
int NumberOf(const fs::path& path) {
  const std::string extension = path.extension().string();
  int number = -1;
  if (extension.size() != 4 ||
      !std::all_of(extension.begin() + 1, extension.end(),
                   [](unsigned char c) { return absl::ascii_isdigit(c); }) ||
      !absl::SimpleAtoi(extension.substr(1), &number)) {
    return -1;
  }
  return number;
}

// Puts numbered parts in order, and finds those that are not there.
absl::Status Order(std::vector<fs::path>& files) {
  if (std::any_of(files.begin(), files.end(),
                  [](const fs::path& path) { return NumberOf(path) < 0; })) {
    return absl::OkStatus();
  }
  std::sort(files.begin(), files.end(),
            [](const fs::path& left, const fs::path& right) {
              return NumberOf(left) < NumberOf(right);
            });
  for (int i = 0; i < static_cast<int>(files.size()); ++i) {
    const int number = NumberOf(files[i]);
    if (number == i) continue;
    fs::path wanted = files[i];
    wanted.replace_extension(absl::StrFormat(".%03d", i));
    return absl::InvalidArgumentError(
        number < i
            ? Concat("part ", number, " is there twice: ", files[i].string())
            : Concat("a part is missing: ", wanted.string(),
                     "; name all parts of the archive"));
  }
  return absl::OkStatus();
}

class RangeSource : public ByteSource {
 public:
  RangeSource(const PartReader* reader, int64_t position, int64_t size)
      : reader_(*reader), position_(position), left_(size) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    const auto wanted = static_cast<size_t>(
        std::min<int64_t>(left_, static_cast<int64_t>(size)));
    if (wanted == 0) return size_t{0};
    KSO_ASSIGN_OR_RETURN(const size_t count,
                         reader_.ReadAt(buffer, wanted, position_));
    position_ += static_cast<int64_t>(count);
    left_ -= static_cast<int64_t>(count);
    return count;
  }

 private:
  const PartReader& reader_;
  int64_t position_;
  int64_t left_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<PartReader>> PartReader::Open(
    std::vector<fs::path> files) {
  KSO_RETURN_IF_ERROR(Order(files));
  auto reader = std::make_unique<PartReader>();
  for (const fs::path& path : files) {
    // Discs and sticks are often reached through links, so they are followed.
    Part part;
    part.path = path;
    part.file = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
    if (part.file.get() < 0) return FileError(errno, "open", path);
    struct stat info;
    if (::fstat(part.file.get(), &info) != 0) {
      return FileError(errno, "look at", path);
    }
    if (!S_ISREG(info.st_mode)) {
      return absl::InvalidArgumentError(
          Concat(path.string(), " is not a file; name the archive's files"));
    }
    part.start = reader->size_;
    part.size = info.st_size;
    reader->size_ += part.size;
    if (part.size > 0) reader->parts_.push_back(std::move(part));
  }
  return reader;
}

const PartReader::Part* PartReader::PartAt(int64_t position) const {
  const auto after = std::upper_bound(
      parts_.begin(), parts_.end(), position,
      [](int64_t value, const Part& part) { return value < part.start; });
  if (position < 0 || position >= size_ || after == parts_.begin()) {
    return nullptr;
  }
  return &*std::prev(after);
}

absl::StatusOr<size_t> PartReader::ReadAt(char* buffer, size_t size,
                                          int64_t position) const {
  const Part* part = PartAt(position);
  if (part == nullptr) return size_t{0};
  const int64_t offset = position - part->start;
  const auto wanted = static_cast<size_t>(
      std::min<int64_t>(part->size - offset, static_cast<int64_t>(size)));
  ssize_t count;
  do {
    count = ::pread(part->file.get(), buffer, wanted, offset);
  } while (count < 0 && errno == EINTR);
  if (count < 0) return FileError(errno, "read", part->path);
  if (count == 0 && wanted > 0) {
    return absl::AbortedError(
        Concat(part->path.string(), ": became shorter while it was read"));
  }
  return static_cast<size_t>(count);
}

absl::StatusOr<std::string> PartReader::Read(int64_t position,
                                             size_t size) const {
  if (position < 0 || position > size_ ||
      static_cast<int64_t>(size) > size_ - position) {
    return absl::OutOfRangeError("the archive ends before that");
  }
  std::string bytes(size, '\0');
  for (size_t done = 0; done < size;) {
    KSO_ASSIGN_OR_RETURN(const size_t count,
                         ReadAt(bytes.data() + done, size - done,
                                position + static_cast<int64_t>(done)));
    done += count;
  }
  return bytes;
}

std::unique_ptr<ByteSource> PartReader::Source(int64_t position,
                                               int64_t size) const {
  return std::make_unique<RangeSource>(this, position, size);
}

std::string PartReader::NamesOf(int64_t position, int64_t size) const {
  std::string names;
  for (const Part& part : parts_) {
    if (part.start + part.size <= position ||
        part.start >= position + std::max<int64_t>(size, 1)) {
      continue;
    }
    names += Concat(names.empty() ? "" : " or ", part.path.string());
  }
  return names.empty() && !parts_.empty() ? parts_.back().path.string() : names;
}

}  // namespace kso::cli

// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/tar_index.h"

#include <string_view>
#include <utility>

#include "absl/strings/numbers.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"

namespace kso::cli {
namespace {

constexpr int64_t kBlock = 512;
// Names and pax records.
constexpr int64_t kLargestExtension = 1 << 20;
constexpr size_t kMostEntries = 200'000;

// The fields of a header block that are of use ("ustar Interchange Format" in
// the POSIX page of pax).
std::string_view Name(std::string_view block) { return block.substr(0, 100); }
std::string_view Size(std::string_view block) { return block.substr(124, 12); }
std::string_view Sum(std::string_view block) { return block.substr(148, 8); }
char Type(std::string_view block) { return block[156]; }
std::string_view Magic(std::string_view block) { return block.substr(257, 6); }
std::string_view Prefix(std::string_view block) {
  return block.substr(345, 155);
}

std::string_view UntilNul(std::string_view field) {
  return field.substr(0, field.find('\0'));
}

// Octal digits, or, with the first bit set, GNU's big-endian binary; -1 when it
// is neither.
int64_t NumberIn(std::string_view field) {
  int64_t value = 0;
  if (static_cast<unsigned char>(field[0]) == 0x80) {
    for (const char c : field.substr(1)) {
      if (value > INT64_MAX >> 9) return -1;
      value = (value << 8) | static_cast<unsigned char>(c);
    }
    return value;
  }
  bool digits = false;
  for (const char c : field) {
    if (c == ' ' && !digits) continue;
    if (c == '\0' || c == ' ') break;
    if (c < '0' || c > '7') return -1;
    value = (value << 3) | (c - '0');
    digits = true;
  }
  return digits ? value : -1;
}

bool SumIsRight(std::string_view block) {
  int64_t sum = 0;
  for (size_t i = 0; i < block.size(); ++i) {
    sum += i >= 148 && i < 156 ? ' ' : static_cast<unsigned char>(block[i]);
  }
  return NumberIn(Sum(block)) == sum;
}

// An extended header: it stands before another header and changes how that is
// read.
struct Extension {
  std::string path;
  int64_t size = -1;
};

// "LENGTH KEY=VALUE\n", again and again. False when it is not that.
bool ReadPax(std::string_view records, Extension& extension) {
  while (!records.empty()) {
    const size_t space = records.find(' ');
    size_t length = 0;
    if (space == std::string_view::npos ||
        !absl::SimpleAtoi(ToAbsl(records.substr(0, space)), &length) ||
        length <= space + 1 || length > records.size() ||
        records[length - 1] != '\n') {
      return false;
    }
    const std::string_view record =
        records.substr(space + 1, length - space - 2);
    const size_t equals = record.find('=');
    if (equals == std::string_view::npos) return false;
    const std::string_view value = record.substr(equals + 1);
    if (record.starts_with("path=")) extension.path = value;
    if (record.starts_with("size=") &&
        (!absl::SimpleAtoi(ToAbsl(value), &extension.size) ||
         extension.size < 0)) {
      return false;
    }
    records.remove_prefix(length);
  }
  return true;
}

class Indexer {
 public:
  explicit Indexer(const PartReader& archive) : archive_(archive) {}

  absl::StatusOr<std::vector<TarEntry>> Run() {
    while (true) {
      const absl::StatusOr<std::string> block =
          archive_.Read(position_, kBlock);
      if (absl::IsOutOfRange(block.status())) return EndsTooEarly();
      KSO_RETURN_IF_ERROR(block.status());
      if (block->find_first_not_of('\0') == std::string::npos) {
        return std::move(entries_);
      }
      KSO_RETURN_IF_ERROR(Header(*block));
      if (entries_.size() > kMostEntries) {
        return absl::InvalidArgumentError("the archive has too many files");
      }
    }
  }

 private:
  absl::Status EndsTooEarly() const {
    return absl::DataLossError(
        Concat(archive_.NamesOf(archive_.size(), 0),
               " ends in the middle of the archive: it is damaged, or a later "
               "part is missing"));
  }

  absl::Status Damaged() const {
    if (position_ == 0) {
      return absl::InvalidArgumentError(
          Concat(archive_.NamesOf(0, kBlock),
                 " is not the beginning of a tar archive"));
    }
    return absl::DataLossError(Concat(archive_.NamesOf(position_, kBlock),
                                      " is damaged; copy it again"));
  }

  absl::Status Header(std::string_view block) {
    if (!SumIsRight(block)) return Damaged();
    const char type = Type(block);
    int64_t size = NumberIn(Size(block));
    if (size < 0) return Damaged();
    const bool is_extension = type == 'x' || type == 'g' || type == 'L';
    if (!is_extension && extension_.size >= 0) size = extension_.size;
    const int64_t content = position_ + kBlock;
    if (size > archive_.size() - content) return EndsTooEarly();

    if (is_extension) {
      if (size > kLargestExtension) return Damaged();
      KSO_ASSIGN_OR_RETURN(const std::string bytes,
                           archive_.Read(content, size));
      if (type == 'L') extension_.path = UntilNul(bytes);
      if (type == 'x' && !ReadPax(bytes, extension_)) return Damaged();
    } else {
      if (type == '0' || type == '\0') AddFile(block, content, size);
      extension_ = {};
    }
    position_ = content + (size + kBlock - 1) / kBlock * kBlock;
    return absl::OkStatus();
  }

  void AddFile(std::string_view block, int64_t content, int64_t size) {
    std::string path = std::move(extension_.path);
    if (path.empty()) {
      // GNU's own format has other things in the prefix.
      const std::string_view prefix =
          Magic(block) == std::string_view("ustar\0", 6)
              ? UntilNul(Prefix(block))
              : std::string_view();
      path = Concat(prefix, prefix.empty() ? "" : "/", UntilNul(Name(block)));
    }
    while (path.starts_with("./")) path.erase(0, 2);
    entries_.push_back({std::move(path), content, size});
  }

  const PartReader& archive_;
  int64_t position_ = 0;
  Extension extension_;
  std::vector<TarEntry> entries_;
};

}  // namespace

absl::StatusOr<std::vector<TarEntry>> IndexTar(const PartReader& archive) {
  return Indexer(archive).Run();
}

}  // namespace kso::cli

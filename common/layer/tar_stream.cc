// SPDX-License-Identifier: Apache-2.0
#include "common/layer/tar_stream.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "common/base/status_macros.h"
#include "common/base/strings.h"

namespace kso {
namespace {

constexpr size_t kBlock = 512;
constexpr size_t kBufferBytes = 256 << 10;
// Eleven octal digits.
constexpr int64_t kLargestUstarNumber = (int64_t{1} << 33) - 1;

constexpr char kRegularFile = '0';
constexpr char kDirectory = '5';
constexpr char kPaxHeader = 'x';

// One header block; the layout is that of "ustar Interchange Format" in the
// POSIX page of pax.
struct UstarHeader {
  char name[100];
  char mode[8];
  char uid[8];
  char gid[8];
  char size[12];
  char mtime[12];
  char checksum[8];
  char type;
  char link_name[100];
  char magic[6];
  char version[2];
  char user_name[32];
  char group_name[32];
  char device_major[8];
  char device_minor[8];
  char prefix[155];
  char padding[12];
};
static_assert(sizeof(UstarHeader) == kBlock);

// Octal with leading zeros, and a NUL in the field's last byte.
template <size_t N>
void PutOctal(char (&field)[N], uint64_t value) {
  field[N - 1] = '\0';
  for (size_t i = N - 1; i-- > 0; value >>= 3) {
    field[i] = static_cast<char>('0' + (value & 7));
  }
}

template <size_t N>
void PutText(char (&field)[N], std::string_view text) {
  text.copy(field, N);
}

struct SplitName {
  std::string_view prefix;
  std::string_view name;
};

// How ustar holds `name`; nothing when it cannot.
std::optional<SplitName> SplitForUstar(std::string_view name) {
  constexpr size_t kName = sizeof(UstarHeader::name);
  constexpr size_t kPrefix = sizeof(UstarHeader::prefix);
  if (name.size() <= kName) return SplitName{{}, name};
  // The slash in between is not stored; that of a directory's end belongs to
  // its name.
  const size_t slash = name.rfind('/', std::min(kPrefix, name.size() - 2));
  if (slash == std::string_view::npos || slash == 0) return std::nullopt;
  if (name.size() - slash - 1 > kName) return std::nullopt;
  return SplitName{name.substr(0, slash), name.substr(slash + 1)};
}

std::string EncodeHeader(SplitName name, uint32_t mode, int64_t size,
                         int64_t mtime, char type) {
  UstarHeader header = {};
  PutText(header.name, name.name);
  PutText(header.prefix, name.prefix);
  PutOctal(header.mode, mode & 07777);
  PutOctal(header.uid, 0);
  PutOctal(header.gid, 0);
  PutOctal(header.size, static_cast<uint64_t>(size));
  PutOctal(header.mtime, static_cast<uint64_t>(mtime));
  header.type = type;
  PutText(header.magic, std::string_view("ustar\0", 6));
  PutText(header.version, "00");
  PutOctal(header.device_major, 0);
  PutOctal(header.device_minor, 0);

  // The checksum is computed with spaces in its own field, and ends with a NUL
  // and a space.
  std::memset(header.checksum, ' ', sizeof(header.checksum));
  std::string block(reinterpret_cast<const char*>(&header), sizeof(header));
  uint64_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  char digits[7];
  PutOctal(digits, sum);
  block.replace(offsetof(UstarHeader, checksum), sizeof(digits), digits,
                sizeof(digits));
  return block;
}

// "LENGTH KEY=VALUE\n", where LENGTH counts its own digits too.
std::string PaxRecord(std::string_view key, std::string_view value) {
  const size_t rest = key.size() + value.size() + 3;
  size_t length = rest + 1;
  while (length != rest + std::to_string(length).size()) {
    length = rest + std::to_string(length).size();
  }
  return Concat(length, " ", key, "=", value, "\n");
}

}  // namespace

absl::Status TarStream::AddDirectory(std::string_view path) {
  return AddHeader(Concat(path, "/"), 0755, 0, 0, kDirectory);
}

absl::Status TarStream::AddFileHeader(std::string_view path, uint32_t mode,
                                      int64_t size, int64_t mtime) {
  if (size < 0) {
    return absl::InvalidArgumentError(Concat(path, ": its size is negative"));
  }
  if (mtime < 0 || mtime > kLargestUstarNumber) {
    return absl::InvalidArgumentError(
        Concat(path, ": no archive holds the time ", mtime));
  }
  return AddHeader(path, mode, size, mtime, kRegularFile);
}

absl::Status TarStream::AddFile(std::string_view path, uint32_t mode,
                                int64_t size, ByteSource& source,
                                int64_t mtime) {
  KSO_RETURN_IF_ERROR(AddFileHeader(path, mode, size, mtime));
  KSO_RETURN_IF_ERROR(CopyContent(path, size, source));
  return Pad(size);
}

absl::Status TarStream::Finish() {
  return sink_.Write(std::string(2 * kBlock, '\0'));
}

absl::Status TarStream::AddHeader(std::string_view name, uint32_t mode,
                                  int64_t size, int64_t mtime, char type) {
  std::optional<SplitName> split = SplitForUstar(name);
  std::string records;
  if (!split.has_value()) {
    records += PaxRecord("path", name);
    split = SplitName{{}, name.substr(0, sizeof(UstarHeader::name))};
  }
  if (size > kLargestUstarNumber) {
    records += PaxRecord("size", std::to_string(size));
    size = 0;
  }
  if (!records.empty()) {
    const auto length = static_cast<int64_t>(records.size());
    KSO_RETURN_IF_ERROR(sink_.Write(
        EncodeHeader({{}, "PaxHeaders/entry"}, 0644, length, 0, kPaxHeader)));
    KSO_RETURN_IF_ERROR(sink_.Write(records));
    KSO_RETURN_IF_ERROR(Pad(length));
  }
  return sink_.Write(EncodeHeader(*split, mode, size, mtime, type));
}

absl::Status TarStream::CopyContent(std::string_view path, int64_t size,
                                    ByteSource& source) {
  if (buffer_.empty()) buffer_.resize(kBufferBytes);
  int64_t total = 0;
  while (true) {
    const absl::StatusOr<size_t> count =
        source.Read(buffer_.data(), buffer_.size());
    if (!count.ok()) {
      return absl::Status(count.status().code(),
                          Concat(path, ": ", ToStd(count.status().message())));
    }
    total += static_cast<int64_t>(*count);
    if (total > size || (*count == 0 && total < size)) {
      return absl::DataLossError(Concat(path, " has ",
                                        total > size ? "more" : "fewer",
                                        " than its ", size, " bytes"));
    }
    if (*count == 0) return absl::OkStatus();
    KSO_RETURN_IF_ERROR(sink_.Write(std::string_view(buffer_.data(), *count)));
  }
}

absl::Status TarStream::Pad(int64_t size) {
  static constexpr std::array<char, kBlock> kZeros = {};
  const auto over = static_cast<size_t>(size) % kBlock;
  if (over == 0) return absl::OkStatus();
  return sink_.Write(std::string_view(kZeros.data(), kBlock - over));
}

}  // namespace kso

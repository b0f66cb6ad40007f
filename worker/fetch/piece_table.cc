// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/piece_table.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <numeric>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "worker/disk/disk_write.h"

namespace kso::worker {
namespace {

constexpr char kMagic[] = "kso-pieces-1";
// No file has so many pieces.
constexpr int64_t kMostPieces = 1 << 20;

// The beginning of the file; `count` numbers of 64 bits follow. It is read by
// the machine that wrote it only.
struct Header {
  char magic[16] = {};
  // The boot of the machine, a UUID.
  char boot[40] = {};
  int64_t total = 0;
  int64_t piece_bytes = 0;
};

int64_t CountOf(int64_t total, int64_t piece_bytes) {
  return (total + piece_bytes - 1) / piece_bytes;
}

Header MakeHeader(int64_t total, int64_t piece_bytes) {
  Header header;
  std::memcpy(header.magic, kMagic, sizeof kMagic);
  std::ifstream("/proc/sys/kernel/random/boot_id")
      .read(header.boot, sizeof header.boot - 1);
  header.total = total;
  header.piece_bytes = piece_bytes;
  return header;
}

bool Holds(const Header& header) {
  if (header.total <= 0 || header.piece_bytes <= 0) return false;
  if (CountOf(header.total, header.piece_bytes) > kMostPieces) return false;
  const Header own = MakeHeader(header.total, header.piece_bytes);
  return std::memcmp(&header, &own, sizeof own) == 0;
}

absl::Status WriteAt(int file, const void* data, size_t size, int64_t offset,
                     const std::filesystem::path& path) {
  const ssize_t count = pwrite(file, data, size, offset);
  if (count == static_cast<ssize_t>(size)) return absl::OkStatus();
  return DiskError(count < 0 ? errno : ENOSPC, "write", path);
}

bool ReadAt(int file, void* data, size_t size, int64_t offset) {
  return pread(file, data, size, offset) == static_cast<ssize_t>(size);
}

}  // namespace

PieceTable::PieceTable(std::filesystem::path path, int file, int64_t total,
                       int64_t piece_bytes, std::vector<int64_t> present)
    : path_(std::move(path)),
      file_(file),
      total_(total),
      piece_bytes_(piece_bytes),
      present_(std::move(present)) {}

PieceTable::~PieceTable() { close(file_); }

absl::StatusOr<std::unique_ptr<PieceTable>> PieceTable::Create(
    const std::filesystem::path& path, int64_t total, int64_t piece_bytes,
    int64_t present) {
  const int file =
      open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (file < 0) return DiskError(errno, "create", path);
  std::vector<int64_t> counts;
  for (int64_t at = 0; at < total; at += piece_bytes) {
    counts.push_back(std::clamp<int64_t>(present - at, 0,
                                         std::min(piece_bytes, total - at)));
  }
  std::unique_ptr<PieceTable> table(
      new PieceTable(path, file, total, piece_bytes, std::move(counts)));
  const Header header = MakeHeader(total, piece_bytes);
  KSO_RETURN_IF_ERROR(WriteAt(file, &header, sizeof header, 0, path));
  KSO_RETURN_IF_ERROR(WriteAt(file, table->present_.data(),
                              table->present_.size() * sizeof(int64_t),
                              sizeof header, path));
  return table;
}

absl::StatusOr<std::unique_ptr<PieceTable>> PieceTable::Load(
    const std::filesystem::path& path) {
  const int file = open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0 && errno == ENOENT) return nullptr;
  if (file < 0) return DiskError(errno, "open", path);
  Header header;
  std::vector<int64_t> counts;
  bool holds = ReadAt(file, &header, sizeof header, 0) && Holds(header);
  if (holds) {
    counts.resize(CountOf(header.total, header.piece_bytes));
    holds = ReadAt(file, counts.data(), counts.size() * sizeof(int64_t),
                   sizeof header);
  }
  std::unique_ptr<PieceTable> table(new PieceTable(
      path, file, header.total, header.piece_bytes, std::move(counts)));
  for (int i = 0; holds && i < table->count(); ++i) {
    holds = table->present_[i] >= 0 && table->present_[i] <= table->Length(i);
  }
  if (holds) return table;
  return absl::DataLossError(Concat(path.string(), " does not hold"));
}

int64_t PieceTable::Length(int piece) const {
  return std::min(piece_bytes_, total_ - First(piece));
}

http::ByteRange PieceTable::Missing(int piece) const {
  return {.first = First(piece) + present_[piece],
          .length = Length(piece) - present_[piece]};
}

absl::Status PieceTable::Add(int piece, int64_t bytes) {
  present_[piece] += bytes;
  return WriteAt(file_, &present_[piece], sizeof(int64_t),
                 sizeof(Header) + piece * sizeof(int64_t), path_);
}

int64_t PieceTable::present() const {
  return std::accumulate(present_.begin(), present_.end(), int64_t{0});
}

int64_t PieceTable::GapAfter(int64_t offset) const {
  while (offset < total_) {
    const http::ByteRange missing =
        Missing(static_cast<int>(offset / piece_bytes_));
    if (missing.length > 0) return std::max(offset, missing.first);
    offset = missing.end();
  }
  return total_;
}

int64_t PieceTable::End() const {
  for (int i = count() - 1; i >= 0; --i) {
    if (present_[i] > 0) return First(i) + present_[i];
  }
  return 0;
}

}  // namespace kso::worker

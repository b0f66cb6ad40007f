// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_PIECE_TABLE_H_
#define KSO_WORKER_FETCH_PIECE_TABLE_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/http/transfer_options.h"

namespace kso::worker {

// How much of each piece is there, of a file that is fetched in several places
// at once. Each piece comes in order. The table is a file of its own, written
// after the bytes that it speaks of, so that it is right when the process is
// killed at any moment. When the machine goes down, the disk may have the table
// and not the bytes: it holds until the next boot only. Not thread safe.
class PieceTable {
 public:
  // Makes the table of a file of `total` bytes of which the first `present` are
  // there. Pieces have `piece_bytes`, the last one maybe less.
  static absl::StatusOr<std::unique_ptr<PieceTable>> Create(
      const std::filesystem::path& path, int64_t total, int64_t piece_bytes,
      int64_t present);
  // Reads the table; null where there is none. DATA_LOSS when it does not hold:
  // nobody knows which bytes are there.
  static absl::StatusOr<std::unique_ptr<PieceTable>> Load(
      const std::filesystem::path& path);
  ~PieceTable();
  PieceTable(const PieceTable&) = delete;
  PieceTable& operator=(const PieceTable&) = delete;

  int64_t total() const { return total_; }
  int64_t piece_bytes() const { return piece_bytes_; }
  int count() const { return static_cast<int>(present_.size()); }
  // The missing bytes of a piece; empty when all are there.
  http::ByteRange Missing(int piece) const;

  // Notes that the next so many bytes of the piece are there.
  absl::Status Add(int piece, int64_t bytes);

  // The number of bytes that are there, in all.
  int64_t present() const;
  // The beginning of the first gap behind `offset`; `offset` itself where that
  // byte is missing.
  int64_t GapAfter(int64_t offset) const;
  // The offset behind the last byte that is there.
  int64_t End() const;

 private:
  PieceTable(std::filesystem::path path, int file, int64_t total,
             int64_t piece_bytes, std::vector<int64_t> present);
  int64_t First(int piece) const { return piece * piece_bytes_; }
  int64_t Length(int piece) const;

  const std::filesystem::path path_;
  const int file_;
  const int64_t total_;
  const int64_t piece_bytes_;
  // The number of bytes that are there, by piece.
  std::vector<int64_t> present_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_PIECE_TABLE_H_

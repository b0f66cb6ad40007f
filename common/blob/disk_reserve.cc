// SPDX-License-Identifier: Apache-2.0
#include "common/blob/disk_reserve.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/files/free_space.h"
#include "common/text/text.h"

namespace kso {
namespace {

constexpr int64_t kGrantBytes = 1 << 20;
// Where blobs leave bytes to others, they leave so many files, too.
constexpr int64_t kReservedFiles = 64;

absl::Status Full(const DiskReserve& reserve, std::string_view free,
                  std::string_view reserved, std::string_view mend) {
  return Exhausted(Resource::kDisk,
                   Concat("the disk of ", reserve.directory.string(),
                          " is full: ", free, " are free, of which ", reserved,
                          " stay for what else is written there; ", mend));
}

}  // namespace

absl::Status CheckReserve(const DiskReserve& reserve, int64_t coming) {
  if (reserve.bytes == 0) return absl::OkStatus();
  KSO_ASSIGN_OR_RETURN(const int64_t free_bytes, FreeBytes(reserve.directory));
  if (free_bytes < reserve.bytes + coming) {
    return Full(reserve, FormatBytes(free_bytes), FormatBytes(reserve.bytes),
                "free some disk space");
  }
  KSO_ASSIGN_OR_RETURN(const std::optional<int64_t> free_files,
                       FreeFiles(reserve.directory));
  if (free_files.has_value() && *free_files < kReservedFiles) {
    return Full(reserve, Concat(*free_files, " files (inodes)"),
                Concat(kReservedFiles),
                "remove files there, or give it a file system with more "
                "inodes");
  }
  return absl::OkStatus();
}

ReservingSink::ReservingSink(ByteSink* file, DiskReserve reserve)
    : file_(*file), reserve_(std::move(reserve)) {}

absl::Status ReservingSink::Write(std::string_view bytes) {
  const auto size = static_cast<int64_t>(bytes.size());
  if (granted_ < size) {
    const int64_t wanted = std::max(size, kGrantBytes);
    KSO_RETURN_IF_ERROR(CheckReserve(reserve_, wanted));
    granted_ = wanted;
  }
  granted_ -= size;
  return file_.Write(bytes);
}

}  // namespace kso

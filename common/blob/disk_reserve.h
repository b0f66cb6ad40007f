// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BLOB_DISK_RESERVE_H_
#define KSO_COMMON_BLOB_DISK_RESERVE_H_

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "absl/status/status.h"
#include "common/bytes/byte_stream.h"

namespace kso {

// The space that blobs leave free on the file system of `directory`, so that
// their owner can still write what it must.
struct DiskReserve {
  std::filesystem::path directory;
  int64_t bytes = 0;
};

// RESOURCE_EXHAUSTED unless `coming` more bytes leave the reserve free.
absl::Status CheckReserve(const DiskReserve& reserve, int64_t coming);

// Hands bytes on to a file for as long as that leaves the reserve free, within
// 1 MiB for each file that is being written. Not thread safe.
class ReservingSink : public ByteSink {
 public:
  // `file`, on that file system, must outlive it.
  ReservingSink(ByteSink* file, DiskReserve reserve);

  // RESOURCE_EXHAUSTED, with nothing handed on, once the reserve is reached.
  absl::Status Write(std::string_view bytes) override;

 private:
  ByteSink& file_;
  const DiskReserve reserve_;
  // The bytes that may be written before the disk is looked at again.
  int64_t granted_ = 0;
};

}  // namespace kso

#endif  // KSO_COMMON_BLOB_DISK_RESERVE_H_

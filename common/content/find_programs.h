// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_CONTENT_FIND_PROGRAMS_H_
#define KSO_COMMON_CONTENT_FIND_PROGRAMS_H_

#include <cstdint>
#include <stop_token>

#include "absl/status/statusor.h"
#include "common/bytes/byte_stream.h"
#include "kso/v1/worker.pb.h"

namespace kso::content {

// How far a search goes into a file from outside.
struct SearchLimits {
  // Archives in archives: 1 looks into those in the file itself.
  int most_depth = 4;
  // Files in all archives together.
  int64_t most_files = 1'000'000;
  // Bytes that come out of all archives together: so many, or so many times the
  // file's own.
  int64_t bytes = int64_t{4} << 30;
  int64_t expansion = 100;
  // Bytes that come out of what is slow to decompress (xz, lzma, bzip2), after
  // which it is left alone if there were programs among them.
  int64_t slow_bytes = 16 << 20;
};

// Searches a file of `size` bytes for programs: the file itself, or what is in
// it where it is an archive or compressed, and in the archives in that: tar,
// zip, ar and cpio, with gzip, xz, zstd, bzip2 or lzma; Debian and RPM packages
// are such. Nothing is written anywhere, and memory does not grow with the
// file. Of a file that is no archive only the beginning is read.
//
// An archive that is damaged, encrypted, nested too deeply or over a limit is
// named in the result, which then tells of the rest. An error is one of `file`,
// or CANCELLED after a stop.
absl::StatusOr<v1::FileContent> FindPrograms(ByteSource& file, int64_t size,
                                             const std::stop_token& stop = {},
                                             const SearchLimits& limits = {});

}  // namespace kso::content

#endif  // KSO_COMMON_CONTENT_FIND_PROGRAMS_H_

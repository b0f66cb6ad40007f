// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_LAYER_TAR_STREAM_H_
#define KSO_COMMON_LAYER_TAR_STREAM_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "common/bytes/byte_stream.h"

namespace kso {

// Writes a tar archive, entry by entry: ustar (POSIX.1-1988), with a pax
// extended header (POSIX.1-2001) where a name or size does not fit in ustar.
// Owner 0:0 without names, mtime 0 unless said: the same entries give the same
// bytes.
// Paths are relative and clean, as CheckLayerPath has them. Not thread safe.
class TarStream {
 public:
  // `sink` must outlive it.
  explicit TarStream(ByteSink* sink) : sink_(*sink) {}

  // A directory of mode 0755.
  absl::Status AddDirectory(std::string_view path);

  // A regular file of exactly `size` bytes: DATA_LOSS, with the path, when
  // `source` has fewer or more. `mtime` is in seconds since 1970, below 2^33.
  absl::Status AddFile(std::string_view path, uint32_t mode, int64_t size,
                       ByteSource& source, int64_t mtime = 0);

  // Only the header of such a file. The caller writes its bytes to the sink,
  // and fills them up to whole blocks of 512 with zeros.
  absl::Status AddFileHeader(std::string_view path, uint32_t mode, int64_t size,
                             int64_t mtime = 0);

  // Ends the archive: two blocks of zeros, and nothing after them.
  absl::Status Finish();

 private:
  absl::Status AddHeader(std::string_view name, uint32_t mode, int64_t size,
                         int64_t mtime, char type);
  absl::Status CopyContent(std::string_view path, int64_t size,
                           ByteSource& source);
  absl::Status Pad(int64_t size);

  ByteSink& sink_;
  // The buffer is allocated when the first file needs it.
  std::string buffer_;
};

}  // namespace kso

#endif  // KSO_COMMON_LAYER_TAR_STREAM_H_

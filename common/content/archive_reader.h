// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_CONTENT_ARCHIVE_READER_H_
#define KSO_COMMON_CONTENT_ARCHIVE_READER_H_

#include <memory>

#include "absl/status/status.h"
#include "common/bytes/byte_stream.h"

struct archive;

namespace kso {

// libarchive(3) reading from a ByteSource. Not thread safe.
class ArchiveReader {
 public:
  // `source` must outlive it. The caller says with `get()` which formats and
  // filters are wanted, then calls Open.
  explicit ArchiveReader(ByteSource* source);
  ~ArchiveReader();
  ArchiveReader(const ArchiveReader&) = delete;
  ArchiveReader& operator=(const ArchiveReader&) = delete;

  absl::Status Open();
  struct archive* get() const { return archive_; }

  // The last error: that of the source where it failed, else
  // FAILED_PRECONDITION with what libarchive said.
  absl::Status Failure() const;

 private:
  static ssize_t OnRead(struct archive* archive, void* self,
                        const void** buffer);

  ByteSource& source_;
  struct archive* const archive_;
  const std::unique_ptr<char[]> buffer_;
  absl::Status source_status_;
};

}  // namespace kso

#endif  // KSO_COMMON_CONTENT_ARCHIVE_READER_H_

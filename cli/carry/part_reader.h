// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CARRY_PART_READER_H_
#define KSO_CLI_CARRY_PART_READER_H_

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/bytes/byte_stream.h"
#include "common/files/file_io.h"

namespace kso::cli {

// Files that make one when joined, read where they are. May be used from any
// thread.
class PartReader {
 public:
  // Parts numbered as `ksoctl export --split` does are taken in that order,
  // others in the order given. INVALID_ARGUMENT when a number is missing or is
  // there twice; NOT_FOUND when a file is.
  static absl::StatusOr<std::unique_ptr<PartReader>> Open(
      std::vector<std::filesystem::path> files);

  // The size of all files together.
  int64_t size() const { return size_; }

  // Reads up to `size` bytes at `position`; fewer only where a file ends, 0
  // only at the end of all.
  absl::StatusOr<size_t> ReadAt(char* buffer, size_t size,
                                int64_t position) const;

  // Exactly `size` bytes; OUT_OF_RANGE when there are fewer.
  absl::StatusOr<std::string> Read(int64_t position, size_t size) const;

  // A source over [`position`, `position` + `size`).
  std::unique_ptr<ByteSource> Source(int64_t position, int64_t size) const;

  // The files that hold that range, for messages: "release.tar.001 or
  // release.tar.002".
  std::string NamesOf(int64_t position, int64_t size) const;

 private:
  struct Part {
    std::filesystem::path path;
    FileDescriptor file;
    int64_t start = 0;
    int64_t size = 0;
  };

  const Part* PartAt(int64_t position) const;

  std::vector<Part> parts_;
  int64_t size_ = 0;
};

}  // namespace kso::cli

#endif  // KSO_CLI_CARRY_PART_READER_H_

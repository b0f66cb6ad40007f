// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CARRY_PART_WRITER_H_
#define KSO_CLI_CARRY_PART_WRITER_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/files/file_io.h"
#include "common/files/file_lock.h"

namespace kso::cli {

// A finished file of an archive.
struct PartSum {
  std::filesystem::path path;
  Digest sha256;
};

// Writes a stream of known size to one file, or to parts of it ("FILE.000",
// "FILE.001", ...), and resumes what an interrupted run has left: bytes that
// are there can be read at the current position, and are either accepted or
// written anew. Files are named with ".partial" at their end until Publish. A
// file that is there under its final name is never changed, only replaced. Not
// thread safe.
class PartWriter : public ByteSink {
 public:
  struct Options {
    std::filesystem::path file;
    int64_t total_size = 0;
    // 0: one file, without a number.
    int64_t part_size = 0;
    // The names, without directories, of the files that an earlier export has
    // written there, as its record has them.
    std::set<std::string> written_before = {};
  };

  // FAILED_PRECONDITION when another process writes there, or when a file that
  // no export wrote would be taken for a part; INVALID_ARGUMENT for
  // names that cannot stand in a list of checksums and for more than 1000
  // parts, RESOURCE_EXHAUSTED when the disk has too little space.
  static absl::StatusOr<std::unique_ptr<PartWriter>> Open(
      const Options& options);
  ~PartWriter() override;

  int64_t position() const { return position_; }

  // Reads bytes that are there, at the position, which stays: up to `size`, 0
  // when there are none.
  absl::StatusOr<size_t> Peek(char* buffer, size_t size);
  // Accepts bytes that Peek gave: the position moves past them.
  absl::Status Accept(std::string_view bytes);
  // Writes at the position, which moves. Bytes that were there after it are
  // forgotten.
  absl::Status Write(std::string_view bytes) override;
  // Goes back to write again.
  absl::Status Rewind(int64_t position);

  // Called after all bytes, before Publish: removes the parts that only the
  // earlier, longer export had. `cat FILE.[0-9]*` would take them for more of
  // this archive.
  absl::Status RemoveSurplus();
  // Called after all bytes. Syncs the files and gives them their final names.
  // Returns the files in order.
  absl::StatusOr<std::vector<PartSum>> Publish();

  // Tells whether all bytes were there under their final names, and nothing was
  // written.
  bool unchanged() const { return !wrote_; }

 private:
  struct Part {
    std::filesystem::path path;
    std::filesystem::path partial;
    int64_t size = 0;
    // Bytes that are there.
    int64_t existing = 0;
    // The bytes are in `path`, not in `partial`.
    bool is_final = false;
    std::string sum;
  };

  PartWriter(const Options& options, std::filesystem::path lock_path,
             FileLock lock);
  absl::Status LookAround();
  absl::Status FindSurplus();
  absl::Status CheckSpace() const;
  size_t PartAt(int64_t position) const;
  int64_t StartOf(size_t part) const;
  // Makes the part ready to be written from `offset` on.
  absl::Status Prepare(size_t part, int64_t offset);
  absl::Status OpenForReading(size_t part);
  // Hashes, moves the position, and ends a part that is whole.
  absl::Status Advance(std::string_view bytes, bool written);

  const Options options_;
  const std::filesystem::path lock_path_;
  const FileLock lock_;
  std::vector<Part> parts_;
  std::vector<std::filesystem::path> surplus_;
  int64_t position_ = 0;
  bool wrote_ = false;
  // The hash of the part that the position is in, up to the position.
  Hasher hasher_;
  // The part that `file_` is, opened for writing or only for reading.
  size_t open_part_ = 0;
  bool writable_ = false;
  FileDescriptor file_;
};

}  // namespace kso::cli

#endif  // KSO_CLI_CARRY_PART_WRITER_H_

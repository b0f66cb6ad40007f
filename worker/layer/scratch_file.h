// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_LAYER_SCRATCH_FILE_H_
#define KSO_WORKER_LAYER_SCRATCH_FILE_H_

#include <filesystem>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/blob/disk_blob_store.h"
#include "common/bytes/byte_stream.h"

namespace kso::worker {

// A file that is written once, read as often as needed, and gone when this is
// destroyed, or the process. Errors are the worker's trouble (failure.h). Not
// thread safe.
class ScratchFile : public ByteSink {
 public:
  // Makes the file on the file system of `cache`, which must outlive it and
  // makes room for what is written.
  static absl::StatusOr<std::unique_ptr<ScratchFile>> Create(
      DiskBlobStore* cache);
  ~ScratchFile() override;

  absl::Status Write(std::string_view bytes) override;

  // The error of the last Write.
  const absl::Status& status() const { return status_; }

  // Opens the bytes that were written. Must not outlive this.
  OpenSource Opener() const;

 private:
  ScratchFile(DiskBlobStore* cache, std::filesystem::path path, int file)
      : cache_(cache), path_(std::move(path)), file_(file) {}

  DiskBlobStore* const cache_;
  const std::filesystem::path path_;
  const int file_;
  absl::Status status_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_LAYER_SCRATCH_FILE_H_

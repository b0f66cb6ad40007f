#ifndef KSO_WORKER_LAYER_SCRATCH_FILE_H_
#define KSO_WORKER_LAYER_SCRATCH_FILE_H_

#include <filesystem>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/byte_stream.h"

namespace kso::worker {

// A file that is written once, read as often as needed, and gone when this is
// destroyed. Errors are the worker's trouble (failure.h). Not thread safe.
class ScratchFile : public ByteSink {
 public:
  static absl::StatusOr<std::unique_ptr<ScratchFile>> Create(
      std::filesystem::path path);
  ~ScratchFile() override;

  absl::Status Write(std::string_view bytes) override;

  // The error of the last Write.
  const absl::Status& status() const { return status_; }

  // Opens what was written. Must not outlive this.
  OpenSource Opener() const;

 private:
  ScratchFile(std::filesystem::path path, int file)
      : path_(std::move(path)), file_(file) {}

  const std::filesystem::path path_;
  const int file_;
  absl::Status status_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_LAYER_SCRATCH_FILE_H_

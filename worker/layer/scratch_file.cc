#include "worker/layer/scratch_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "common/base/strings.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

absl::Status DiskError(int error, std::string_view what,
                       const std::filesystem::path& path) {
  return WorkerTrouble(
      absl::ErrnoToStatus(error, Concat("cannot ", what, " ", path.string())));
}

// Reads by position, so that several sources may share the descriptor.
class PositionSource : public ByteSource {
 public:
  PositionSource(int file, int64_t offset, const std::filesystem::path& path)
      : file_(file), offset_(offset), path_(path) {}

  absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
    while (true) {
      const ssize_t count = pread(file_, buffer, size, offset_);
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) return DiskError(errno, "read", path_);
      offset_ += count;
      return static_cast<size_t>(count);
    }
  }

 private:
  const int file_;
  int64_t offset_;
  const std::filesystem::path& path_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ScratchFile>> ScratchFile::Create(
    std::filesystem::path path) {
  const int file =
      open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return DiskError(errno, "create", path);
  return std::unique_ptr<ScratchFile>(new ScratchFile(std::move(path), file));
}

ScratchFile::~ScratchFile() {
  close(file_);
  std::error_code error;
  std::filesystem::remove(path_, error);
}

absl::Status ScratchFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = write(file_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return status_ = DiskError(errno, "write", path_);
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

OpenSource ScratchFile::Opener() const {
  return [this](int64_t offset) -> absl::StatusOr<std::unique_ptr<ByteSource>> {
    return std::make_unique<PositionSource>(file_, offset, path_);
  };
}

}  // namespace kso::worker

// SPDX-License-Identifier: Apache-2.0
#include "worker/layer/scratch_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "worker/disk/disk_write.h"

namespace kso::worker {
namespace {

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
    DiskBlobStore* cache) {
  std::filesystem::path path = cache->NewIncomingPath();
  const int file =
      open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return DiskError(errno, "create", path);
  // A file without a name goes with the process, however that ends.
  if (unlink(path.c_str()) != 0) {
    const int error = errno;
    close(file);
    return DiskError(error, "unlink", path);
  }
  return std::unique_ptr<ScratchFile>(
      new ScratchFile(cache, std::move(path), file));
}

ScratchFile::~ScratchFile() { close(file_); }

absl::Status ScratchFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = WriteSome(file_, bytes, *cache_, path_);
    if (!written.ok()) return status_ = written.status();
    bytes.remove_prefix(*written);
  }
  return absl::OkStatus();
}

OpenSource ScratchFile::Opener() const {
  return [this](int64_t offset) -> absl::StatusOr<std::unique_ptr<ByteSource>> {
    return std::make_unique<PositionSource>(file_, offset, path_);
  };
}

}  // namespace kso::worker

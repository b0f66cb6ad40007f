#include "common/blob/nearby_blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <optional>
#include <utility>

#include "absl/base/call_once.h"
#include "absl/status/status.h"
#include "common/base/file_io.h"
#include "common/base/status_macros.h"
#include "common/blob/blob_directory.h"
#include "common/blob/verifying_source.h"

namespace kso {
namespace {

absl::StatusOr<std::unique_ptr<ByteSource>> OpenRegularFile(
    const std::filesystem::path& path) {
  // What another machine's path names here may be anything: a pipe must not
  // make this wait.
  KSO_ASSIGN_OR_RETURN(FileDescriptor file,
                       OpenFile(path, O_RDONLY | O_NONBLOCK));
  struct stat info;
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::NotFoundError("not a file");
  }
  return SourceOfFile(std::move(file), path);
}

class ReadingNearbyBlobStore : public NearbyBlobStore {
 public:
  ReadingNearbyBlobStore(
      BlobStore* remote,
      std::function<absl::StatusOr<std::filesystem::path>()> locate)
      : remote_(*remote), locate_(std::move(locate)) {}

  absl::StatusOr<int64_t> Stat(const Digest& digest) override {
    return remote_.Stat(digest);
  }

  absl::StatusOr<std::unique_ptr<ByteSource>> Open(const Digest& digest,
                                                   int64_t offset) override {
    if (offset == 0 && !doubtful_) {
      auto nearby = OpenNearby(digest);
      if (nearby.ok()) return nearby;
    }
    return remote_.Open(digest, offset);
  }

  absl::Status Put(const Digest& digest, int64_t size,
                   ByteSource& source) override {
    return remote_.Put(digest, size, source);
  }

  absl::StatusOr<int64_t> PutStream(const WriteBlob& write) override {
    return remote_.PutStream(write);
  }

  absl::Status Link(const Digest& digest,
                    const std::filesystem::path& to) override {
    const absl::StatusOr<std::filesystem::path> from = PathOf(digest);
    struct stat info;
    if (doubtful_ || !from.ok() || ::lstat(from->c_str(), &info) != 0 ||
        !S_ISREG(info.st_mode) || info.st_uid != ::geteuid()) {
      return absl::UnavailableError("not a file of this user");
    }
    if (::link(from->c_str(), to.c_str()) == 0) return absl::OkStatus();
    return absl::UnavailableError(FileError(errno, "link", to).message());
  }

 private:
  absl::StatusOr<std::filesystem::path> PathOf(const Digest& digest) {
    absl::call_once(located_, [this] {
      absl::StatusOr<std::filesystem::path> directory = locate_();
      if (directory.ok()) directory_ = *std::move(directory);
    });
    if (!directory_.is_absolute()) return absl::NotFoundError("not nearby");
    return BlobDirectory(directory_).PathOf(digest);
  }

  absl::StatusOr<std::unique_ptr<ByteSource>> OpenNearby(const Digest& digest) {
    KSO_ASSIGN_OR_RETURN(const std::filesystem::path path, PathOf(digest));
    KSO_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> file,
                         OpenRegularFile(path));
    return CreateVerifyingSource(std::move(file), digest, std::nullopt,
                                 [this, digest](bool right) {
                                   if (right) return;
                                   doubtful_ = true;
                                   HaveItRead(digest);
                                 });
  }

  // Reads what it reads itself, the other side finds to have rotted.
  void HaveItRead(const Digest& digest) {
    const auto source = remote_.Open(digest, 0);
    if (!source.ok()) return;
    char buffer[16 << 10];
    while (true) {
      const absl::StatusOr<size_t> count =
          (*source)->Read(buffer, sizeof(buffer));
      if (!count.ok() || *count == 0) return;
    }
  }

  BlobStore& remote_;
  const std::function<absl::StatusOr<std::filesystem::path>()> locate_;
  absl::once_flag located_;
  // Constant once it is located.
  std::filesystem::path directory_;
  // What was read there was wrong.
  std::atomic<bool> doubtful_ = false;
};

}  // namespace

std::unique_ptr<NearbyBlobStore> CreateNearbyBlobStore(
    BlobStore* remote,
    std::function<absl::StatusOr<std::filesystem::path>()> locate) {
  return std::make_unique<ReadingNearbyBlobStore>(remote, std::move(locate));
}

}  // namespace kso

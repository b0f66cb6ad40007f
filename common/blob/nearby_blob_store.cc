// SPDX-License-Identifier: Apache-2.0
#include "common/blob/nearby_blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/status_macros.h"
#include "common/blob/blob_directory.h"
#include "common/blob/disk_reserve.h"
#include "common/blob/verifying_source.h"
#include "common/files/file_io.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

absl::StatusOr<std::unique_ptr<ByteSource>> OpenRegularFile(
    const fs::path& path) {
  // A path of another machine may name anything here: opening a pipe must not
  // wait.
  KSO_ASSIGN_OR_RETURN(FileDescriptor file,
                       OpenFile(path, O_RDONLY | O_NONBLOCK));
  struct stat info;
  if (::fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::NotFoundError("not a file");
  }
  return SourceOfFile(std::move(file), path);
}

absl::StatusOr<std::unique_ptr<FileWriter>> CreateIn(
    const fs::path& directory) {
  struct stat info;
  if (!directory.is_absolute() || ::lstat(directory.c_str(), &info) != 0 ||
      !S_ISDIR(info.st_mode) || info.st_uid != ::geteuid()) {
    return absl::UnavailableError("not a directory of this user");
  }
  return FileWriter::CreateUnnamed(directory);
}

// As another machine, container or user namespace with such a directory has it.
bool WillNeverBeAdopted(const absl::Status& status) {
  return absl::IsNotFound(status) || absl::IsPermissionDenied(status) ||
         absl::IsUnimplemented(status);
}

class NearbyBlobStoreImpl : public NearbyBlobStore {
 public:
  NearbyBlobStoreImpl(std::unique_ptr<RemoteBlobStore> remote,
                      NearbyPlace* place)
      : remote_(std::move(remote)), place_(*place) {}

  absl::StatusOr<int64_t> Stat(const Digest& digest) override {
    return remote_->Stat(digest);
  }

  absl::StatusOr<std::unique_ptr<ByteSource>> Open(const Digest& digest,
                                                   int64_t offset) override {
    if (offset == 0) {
      auto nearby = OpenNearby(digest);
      if (nearby.ok()) return nearby;
    }
    return remote_->Open(digest, offset);
  }

  absl::Status Put(const Digest& digest, int64_t size,
                   ByteSource& source) override {
    return remote_->Put(digest, size, source);
  }

  absl::StatusOr<int64_t> PutStream(const WriteBlob& write) override {
    const BlobPlace place = place_.Get(*remote_);
    const fs::path& incoming = place.incoming;
    const auto file = CreateIn(incoming);
    if (!file.ok()) return remote_->PutStream(write);

    ReservingSink sink(file->get(), {incoming, place.reserve_bytes});
    KSO_ASSIGN_OR_RETURN(const WrittenBlob blob, write(sink));
    const std::string name = NewIncomingName();
    const absl::Cleanup remove = [path = incoming / name] {
      ::unlink(path.c_str());
    };
    absl::Status adopted = (*file)->LinkTo(incoming / name);
    if (adopted.ok()) adopted = remote_->Adopt(name, blob);
    if (adopted.ok()) return blob.size;
    if (!WillNeverBeAdopted(adopted)) return adopted;
    place_.DoubtIncoming();
    return remote_->PutStream(write);
  }

  absl::Status Link(const Digest& digest, const fs::path& to) override {
    const absl::StatusOr<fs::path> from = PathOf(digest);
    struct stat info;
    if (!from.ok() || ::lstat(from->c_str(), &info) != 0 ||
        !S_ISREG(info.st_mode) || info.st_uid != ::geteuid()) {
      return absl::UnavailableError("not a file of this user");
    }
    if (::link(from->c_str(), to.c_str()) == 0) return absl::OkStatus();
    return absl::UnavailableError(FileError(errno, "link", to).message());
  }

 private:
  absl::StatusOr<fs::path> PathOf(const Digest& digest) {
    const fs::path directory = place_.Get(*remote_).directory;
    if (!directory.is_absolute()) return absl::NotFoundError("not nearby");
    return BlobDirectory(directory).PathOf(digest);
  }

  absl::StatusOr<std::unique_ptr<ByteSource>> OpenNearby(const Digest& digest) {
    KSO_ASSIGN_OR_RETURN(const fs::path path, PathOf(digest));
    KSO_ASSIGN_OR_RETURN(std::unique_ptr<ByteSource> file,
                         OpenRegularFile(path));
    return CreateVerifyingSource(std::move(file), digest, std::nullopt,
                                 [this, digest](bool right) {
                                   if (right) return;
                                   place_.DoubtDirectory();
                                   HaveItRead(digest);
                                 });
  }

  // Reads what it reads itself, the other side finds to have rotted.
  void HaveItRead(const Digest& digest) {
    const auto source = remote_->Open(digest, 0);
    if (!source.ok()) return;
    char buffer[16 << 10];
    while (true) {
      const absl::StatusOr<size_t> count =
          (*source)->Read(buffer, sizeof(buffer));
      if (!count.ok() || *count == 0) return;
    }
  }

  const std::unique_ptr<RemoteBlobStore> remote_;
  NearbyPlace& place_;
};

}  // namespace

BlobPlace NearbyPlace::Get(RemoteBlobStore& remote) {
  {
    absl::MutexLock lock(&mutex_);
    if (place_.has_value()) return *place_;
  }
  absl::StatusOr<BlobPlace> place = remote.Locate();
  if (!place.ok()) return {};
  absl::MutexLock lock(&mutex_);
  // Another thread may have asked, too, and doubted since.
  if (!place_.has_value()) place_ = *std::move(place);
  return *place_;
}

void NearbyPlace::DoubtDirectory() {
  absl::MutexLock lock(&mutex_);
  if (place_.has_value()) place_->directory.clear();
}

void NearbyPlace::DoubtIncoming() {
  absl::MutexLock lock(&mutex_);
  if (place_.has_value()) place_->incoming.clear();
}

std::unique_ptr<NearbyBlobStore> CreateNearbyBlobStore(
    std::unique_ptr<RemoteBlobStore> remote, NearbyPlace* place) {
  return std::make_unique<NearbyBlobStoreImpl>(std::move(remote), place);
}

}  // namespace kso

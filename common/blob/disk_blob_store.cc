#include "common/blob/disk_blob_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "common/base/file_io.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/blob/blob_directory.h"
#include "common/blob/verifying_source.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

absl::Status NoSuchBlob(const Digest& digest) {
  return absl::NotFoundError(
      Concat("the blob ", digest.ToString(), " is not there"));
}

class DiskBlobStoreImpl : public DiskBlobStore {
 public:
  DiskBlobStoreImpl(const fs::path& root, FileDescriptor lock)
      : root_(root),
        lock_(std::move(lock)),
        blobs_(std::make_shared<BlobDirectory>(root)) {}

  absl::StatusOr<int64_t> Stat(const Digest& digest) override {
    struct stat info;
    const fs::path path = blobs_->PathOf(digest);
    if (::lstat(path.c_str(), &info) != 0) {
      if (errno == ENOENT) return NoSuchBlob(digest);
      return FileError(errno, "look at", path);
    }
    if (!S_ISREG(info.st_mode)) return NoSuchBlob(digest);
    return info.st_size;
  }

  absl::StatusOr<std::unique_ptr<ByteSource>> Open(const Digest& digest,
                                                   int64_t offset) override {
    KSO_ASSIGN_OR_RETURN(OpenBlob blob, OpenForReading(digest));
    const int64_t size = blob.identity.size;
    if (offset < 0 || offset > size) {
      return absl::OutOfRangeError(Concat("offset ", offset, " of ",
                                          digest.ToString(), ", which has ",
                                          size, " bytes"));
    }
    if (blobs_->IsVerified(digest, blob.identity)) {
      return SourceFrom(std::move(blob), offset);
    }
    if (offset == 0) return VerifyWhileReading(digest, std::move(blob));

    KSO_RETURN_IF_ERROR(VerifyNow(digest, std::move(blob)));
    KSO_ASSIGN_OR_RETURN(blob, OpenForReading(digest));
    return SourceFrom(std::move(blob), offset);
  }

  absl::Status Put(const Digest& digest, int64_t size,
                   ByteSource& source) override {
    if (Stat(digest).ok()) return absl::OkStatus();
    const fs::path path = NewIncomingPath();
    KSO_ASSIGN_OR_RETURN(std::unique_ptr<FileWriter> file,
                         FileWriter::CreateNew(path));
    absl::Cleanup remove = [&path] { ::unlink(path.c_str()); };
    const std::unique_ptr<ByteSource> verified =
        CreateVerifyingSource(Borrow(source), digest, size);
    KSO_RETURN_IF_ERROR(CopyBytes(*verified, *file).status());
    KSO_RETURN_IF_ERROR(file->SyncAndClose());
    KSO_RETURN_IF_ERROR(blobs_->Publish(digest, path));
    std::move(remove).Cancel();
    return absl::OkStatus();
  }

  absl::Status Adopt(const Digest& digest, const fs::path& file) override {
    KSO_ASSIGN_OR_RETURN(FileDescriptor synced, OpenFile(file, O_RDONLY));
    if (::fdatasync(synced.get()) != 0) return FileError(errno, "sync", file);
    return blobs_->Publish(digest, file);
  }

  fs::path NewIncomingPath() override {
    return root_ / "incoming" / std::to_string(next_incoming_.fetch_add(1));
  }

 private:
  struct OpenBlob {
    FileDescriptor file;
    fs::path path;
    FileIdentity identity;
  };

  // Lets an owner of sources use one that it does not own.
  static std::unique_ptr<ByteSource> Borrow(ByteSource& source) {
    class Borrowed : public ByteSource {
     public:
      explicit Borrowed(ByteSource& source) : source_(source) {}
      absl::StatusOr<size_t> Read(char* buffer, size_t size) override {
        return source_.Read(buffer, size);
      }

     private:
      ByteSource& source_;
    };
    return std::make_unique<Borrowed>(source);
  }

  absl::StatusOr<OpenBlob> OpenForReading(const Digest& digest) {
    OpenBlob blob;
    blob.path = blobs_->PathOf(digest);
    absl::StatusOr<FileDescriptor> file = OpenFile(blob.path, O_RDONLY);
    if (absl::IsNotFound(file.status())) return NoSuchBlob(digest);
    KSO_RETURN_IF_ERROR(file.status());
    blob.file = *std::move(file);
    struct stat info;
    if (::fstat(blob.file.get(), &info) != 0) {
      return FileError(errno, "look at", blob.path);
    }
    if (!S_ISREG(info.st_mode)) return NoSuchBlob(digest);
    blob.identity = FileIdentity::Of(info);
    return blob;
  }

  static absl::StatusOr<std::unique_ptr<ByteSource>> SourceFrom(
      OpenBlob blob, int64_t offset) {
    if (::lseek(blob.file.get(), offset, SEEK_SET) < 0) {
      return FileError(errno, "seek in", blob.path);
    }
    return SourceOfFile(std::move(blob.file), std::move(blob.path));
  }

  std::unique_ptr<ByteSource> VerifyWhileReading(const Digest& digest,
                                                 OpenBlob blob) {
    const FileIdentity identity = blob.identity;
    return CreateVerifyingSource(
        SourceOfFile(std::move(blob.file), std::move(blob.path)), digest,
        identity.size, [blobs = blobs_, digest, identity](bool right) {
          if (right) {
            blobs->SetVerified(digest, identity);
          } else {
            blobs->SetAside(digest, identity);
          }
        });
  }

  absl::Status VerifyNow(const Digest& digest, OpenBlob blob) {
    class Nowhere : public ByteSink {
     public:
      absl::Status Write(std::string_view) override { return absl::OkStatus(); }
    } nowhere;
    const std::unique_ptr<ByteSource> source =
        VerifyWhileReading(digest, std::move(blob));
    const absl::Status status = CopyBytes(*source, nowhere).status();
    return absl::IsDataLoss(status) ? NoSuchBlob(digest) : status;
  }

  const fs::path root_;
  const FileDescriptor lock_;
  // Sources that are being read share it, since they may outlive the store.
  const std::shared_ptr<BlobDirectory> blobs_;
  std::atomic<uint64_t> next_incoming_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DiskBlobStore>> DiskBlobStore::Create(
    const fs::path& root) {
  KSO_RETURN_IF_ERROR(MakeDirectories(root));
  KSO_ASSIGN_OR_RETURN(FileDescriptor lock,
                       OpenFile(root / "lock", O_RDWR | O_CREAT));
  if (::flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return FileError(errno, "lock", root);
    return absl::FailedPreconditionError(
        Concat(root.string(),
               ": another process uses this directory; stop it, or give this "
               "one a directory of its own"));
  }
  std::error_code error;
  fs::remove_all(root / "incoming", error);
  if (error) return FileError(error.value(), "empty", root / "incoming");
  for (const char* name : {"incoming", "damaged"}) {
    KSO_RETURN_IF_ERROR(MakeDirectories(root / name));
  }
  return std::make_unique<DiskBlobStoreImpl>(root, std::move(lock));
}

}  // namespace kso

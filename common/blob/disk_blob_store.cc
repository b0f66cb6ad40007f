#include "common/blob/disk_blob_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/cleanup/cleanup.h"
#include "absl/container/flat_hash_map.h"
#include "absl/synchronization/mutex.h"
#include "common/base/file_io.h"
#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/blob/verifying_source.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

// Which bytes a file name stood for when it was looked at.
struct FileIdentity {
  ino_t inode = 0;
  int64_t size = 0;
  int64_t modified_seconds = 0;
  int64_t modified_nanoseconds = 0;

  static FileIdentity Of(const struct stat& info) {
    return {info.st_ino, info.st_size, info.st_mtim.tv_sec,
            info.st_mtim.tv_nsec};
  }
  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

absl::Status NoSuchBlob(const Digest& digest) {
  return absl::NotFoundError(
      Concat("the blob ", digest.ToString(), " is not there"));
}

// Which blobs of this directory are known to be right. Thread safe. Sources
// that are still being read share it, since they may outlive the store.
class VerifiedBlobs {
 public:
  explicit VerifiedBlobs(fs::path root) : root_(std::move(root)) {}

  fs::path PathOf(const Digest& digest) const {
    return root_ / digest.algorithm_name() / digest.hex().substr(0, 2) /
           digest.hex();
  }

  bool Contains(const Digest& digest, const FileIdentity& file) {
    absl::MutexLock lock(&mutex_);
    const auto found = verified_.find(digest);
    return found != verified_.end() && found->second == file;
  }

  void Add(const Digest& digest, const FileIdentity& file) {
    absl::MutexLock lock(&mutex_);
    verified_[digest] = file;
  }

  // Moves `file`, whose bytes were found to be wrong, to damaged/; leaves alone
  // what has taken its place since.
  void SetAside(const Digest& digest, const FileIdentity& file) {
    absl::MutexLock lock(&mutex_);
    verified_.erase(digest);
    const fs::path path = PathOf(digest);
    struct stat info;
    if (::lstat(path.c_str(), &info) != 0) return;
    if (FileIdentity::Of(info) != file) return;
    const fs::path aside =
        root_ / "damaged" / Concat(digest.algorithm_name(), "-", digest.hex());
    if (::rename(path.c_str(), aside.c_str()) != 0) ::unlink(path.c_str());
  }

  // Makes the finished `file` the blob `digest`.
  absl::Status Publish(const Digest& digest, const fs::path& file) {
    const fs::path path = PathOf(digest);
    KSO_RETURN_IF_ERROR(MakeDirectories(path.parent_path()));
    absl::MutexLock lock(&mutex_);
    struct stat info;
    if (::lstat(file.c_str(), &info) != 0) {
      return FileError(errno, "look at", file);
    }
    KSO_RETURN_IF_ERROR(RenameAndSync(file, path));
    verified_[digest] = FileIdentity::Of(info);
    return absl::OkStatus();
  }

 private:
  const fs::path root_;
  absl::Mutex mutex_;
  absl::flat_hash_map<Digest, FileIdentity> verified_ ABSL_GUARDED_BY(mutex_);
};

class DiskBlobStoreImpl : public DiskBlobStore {
 public:
  DiskBlobStoreImpl(const fs::path& root, FileDescriptor lock)
      : root_(root),
        lock_(std::move(lock)),
        blobs_(std::make_shared<VerifiedBlobs>(root)) {}

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
    if (blobs_->Contains(digest, blob.identity)) {
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
    if (Stat(digest).ok()) {
      ::unlink(file.c_str());
      return absl::OkStatus();
    }
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
            blobs->Add(digest, identity);
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
  const std::shared_ptr<VerifiedBlobs> blobs_;
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

// SPDX-License-Identifier: Apache-2.0
#include "common/blob/disk_blob_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/cleanup/cleanup.h"
#include "common/base/status_macros.h"
#include "common/base/status_notes.h"
#include "common/base/strings.h"
#include "common/blob/blob_directory.h"
#include "common/blob/blob_usage.h"
#include "common/blob/disk_reserve.h"
#include "common/blob/verifying_source.h"
#include "common/bytes/hashing_sink.h"
#include "common/bytes/sinks.h"
#include "common/files/file_io.h"
#include "common/files/file_lock.h"
#include "common/files/free_space.h"
#include "common/text/text.h"

namespace kso {
namespace {

namespace fs = std::filesystem;

absl::Status NoSuchBlob(const Digest& digest) {
  return absl::NotFoundError(
      Concat("the blob ", digest.ToString(), " is not there"));
}

constexpr char kIncoming[] = "incoming";

class DiskBlobStoreImpl : public DiskBlobStore {
 public:
  DiskBlobStoreImpl(const fs::path& root, FileLock lock,
                    std::optional<DiskLimits> limits, int64_t reserve_bytes)
      : root_(root),
        limits_(std::move(limits)),
        reserve_({.directory = root, .bytes = reserve_bytes}),
        lock_(std::move(lock)),
        blobs_(std::make_shared<BlobDirectory>(
            root, /*synced=*/outlives_power_cut())) {}

  // Counts the blobs that an earlier process left. Called once, at the start.
  absl::Status TakeOver() {
    if (!limits_.has_value()) return absl::OkStatus();
    KSO_ASSIGN_OR_RETURN(const std::vector<FoundBlob> found, blobs_->List());
    for (const FoundBlob& blob : found) usage_->Add(blob.digest, blob.bytes);
    // The limits may be tighter than those of the process before.
    (void)MakeRoom(0);
    return absl::OkStatus();
  }

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
    NoteUse(digest, blob);
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
    return Receive(size, [&](ByteSink& file) -> absl::StatusOr<Digest> {
      const std::unique_ptr<ByteSource> verified =
          CreateVerifyingSource(Borrow(source), digest, size);
      KSO_RETURN_IF_ERROR(CopyBytes(*verified, file).status());
      return digest;
    });
  }

  absl::StatusOr<int64_t> PutStream(const WriteBlob& write) override {
    int64_t size = 0;
    KSO_RETURN_IF_ERROR(
        Receive(0, [&](ByteSink& file) -> absl::StatusOr<Digest> {
          HashingSink hashed(&file);
          KSO_ASSIGN_OR_RETURN(const WrittenBlob promised, write(hashed));
          const WrittenBlob received = hashed.Finish();
          if (received.digest != promised.digest ||
              received.size != promised.size) {
            return absl::DataLossError(
                Concat(promised.digest.ToString(), " of ", promised.size,
                       " bytes came as ", received.size, " bytes, which are ",
                       received.digest.ToString(), " instead"));
          }
          size = received.size;
          return received.digest;
        }));
    return size;
  }

  absl::Status Adopt(const Digest& digest, const fs::path& file) override {
    if (outlives_power_cut()) {
      KSO_ASSIGN_OR_RETURN(const FileDescriptor synced,
                           OpenFile(file, O_RDONLY));
      if (::fdatasync(synced.get()) != 0) {
        return FileError(errno, "sync", file);
      }
    }
    return Publish(digest, file, /*verified=*/true);
  }

  BlobPlace place() const override {
    return {.directory = root_,
            .incoming = root_ / kIncoming,
            .reserve_bytes = reserve_.bytes};
  }

  absl::Status AdoptFromOther(const std::string& name,
                              const WrittenBlob& blob) override {
    if (!IsIncomingName(name)) {
      return absl::InvalidArgumentError("no name of a file to adopt");
    }
    const fs::path path = root_ / kIncoming / name;
    KSO_ASSIGN_OR_RETURN(const FileDescriptor file,
                         OpenFile(path, O_RDONLY | O_NONBLOCK));
    struct stat info;
    if (::fstat(file.get(), &info) != 0) {
      return FileError(errno, "look at", path);
    }
    if (!S_ISREG(info.st_mode) || info.st_uid != ::geteuid() ||
        info.st_nlink != 1) {
      return absl::PermissionDeniedError(
          Concat(path.string(), ": not a file of this user alone"));
    }
    if (info.st_size != blob.size) {
      return absl::DataLossError(Concat(path.string(), " has ", info.st_size,
                                        " bytes, not ", blob.size));
    }
    if (Stat(blob.digest).ok()) {
      ::unlink(path.c_str());
      return absl::OkStatus();
    }
    KSO_RETURN_IF_ERROR(CheckReserve(reserve_, 0));
    if (outlives_power_cut() && ::fdatasync(file.get()) != 0) {
      return FileError(errno, "sync", path);
    }
    return Publish(blob.digest, path, /*verified=*/false);
  }

  std::shared_ptr<const void> Pin(const Digest& digest) override {
    usage_->Pin(digest);
    return std::shared_ptr<const void>(
        nullptr,
        [usage = usage_, digest](const void*) { usage->Unpin(digest); });
  }

  absl::Status MakeRoom(int64_t bytes) override {
    if (limits_.has_value()) {
      KSO_ASSIGN_OR_RETURN(int64_t free_bytes, FreeBytes(root_));
      if (free_bytes + usage_->bytes() < bytes) {
        if (limits_->first_resort) limits_->first_resort();
        if (limits_->last_resort) limits_->last_resort();
        KSO_ASSIGN_OR_RETURN(free_bytes, FreeBytes(root_));
      }
      // Blobs that would not be enough are not dropped in vain.
      if (free_bytes + usage_->bytes() >= bytes) {
        KSO_RETURN_IF_ERROR(Evict(bytes));
      }
    }
    KSO_ASSIGN_OR_RETURN(const int64_t free_bytes, FreeBytes(root_));
    if (free_bytes >= bytes) return absl::OkStatus();
    return Exhausted(
        Resource::kDisk,
        Concat("the disk of ", root_.string(), " is full: ", FormatBytes(bytes),
               " are needed, ", FormatBytes(free_bytes),
               " are free, and what is not in use there is not enough"));
  }

  int64_t UsedBytes() const override { return usage_->bytes(); }

  absl::StatusOr<SweptBlobs> Prune(const PruneLimits& limits) override {
    SweptBlobs pruned;
    if (!limits_.has_value()) return pruned;
    const auto remove = [this](const Digest& digest) {
      blobs_->Remove(digest);
    };
    const auto is_old = [&](const Digest& digest) {
      return LastUse(digest) < limits.unused_since;
    };
    while (true) {
      KSO_ASSIGN_OR_RETURN(const int64_t free_bytes, FreeBytes(root_));
      const bool too_much = usage_->bytes() > limits.max_bytes ||
                            free_bytes < limits.min_free_bytes;
      const std::optional<int64_t> bytes =
          too_much ? usage_->EvictOne(remove)
                   : usage_->EvictOne(remove, is_old);
      if (!bytes.has_value()) return pruned;
      ++pruned.blobs;
      pruned.bytes += *bytes;
    }
  }

  absl::Status Link(const Digest& digest, int directory,
                    const std::string& name) override {
    KSO_ASSIGN_OR_RETURN(const OpenBlob blob, OpenForReading(digest));
    NoteUse(digest, blob);
    if (!blobs_->IsVerified(digest, blob.identity)) {
      return absl::FailedPreconditionError(
          Concat(digest.ToString(), " has not been read yet"));
    }
    if (::linkat(AT_FDCWD, blob.path.c_str(), directory, name.c_str(), 0) !=
        0) {
      return FileError(errno, "link", name);
    }
    struct stat info;
    if (::fstatat(directory, name.c_str(), &info, AT_SYMLINK_NOFOLLOW) == 0 &&
        FileIdentity::Of(info) == blob.identity) {
      return absl::OkStatus();
    }
    ::unlinkat(directory, name.c_str(), 0);
    return absl::UnavailableError(
        Concat(digest.ToString(), " was replaced meanwhile"));
  }

  absl::StatusOr<SweptBlobs> Sweep(
      const std::function<bool(const Digest&)>& keep,
      absl::Time written_before) override {
    KSO_ASSIGN_OR_RETURN(const std::vector<FoundBlob> found, blobs_->List());
    SweptBlobs swept;
    for (const FoundBlob& blob : found) {
      if (blob.modified >= written_before || keep(blob.digest) ||
          !blobs_->RemoveUnlessRewritten(blob)) {
        continue;
      }
      usage_->Forget(blob.digest);
      ++swept.blobs;
      swept.bytes += blob.bytes;
    }
    return swept;
  }

  fs::path NewIncomingPath() override {
    return root_ / kIncoming / std::to_string(next_incoming_.fetch_add(1));
  }

 private:
  struct OpenBlob {
    FileDescriptor file;
    fs::path path;
    FileIdentity identity;
  };

  // Nobody can be asked again for what is in a store without limits.
  bool outlives_power_cut() const { return !limits_.has_value(); }

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

  // Publishes what `fill` writes, of about `size` bytes, as the blob that it
  // says.
  absl::Status Receive(
      int64_t size,
      const std::function<absl::StatusOr<Digest>(ByteSink& file)>& fill) {
    KSO_RETURN_IF_ERROR(MakeRoom(size));
    KSO_RETURN_IF_ERROR(CheckReserve(reserve_, size));
    const fs::path path = NewIncomingPath();
    KSO_ASSIGN_OR_RETURN(std::unique_ptr<FileWriter> file,
                         FileWriter::CreateNew(path));
    absl::Cleanup remove = [&path] { ::unlink(path.c_str()); };
    ReservingSink sink(file.get(), reserve_);
    KSO_ASSIGN_OR_RETURN(const Digest digest, fill(sink));
    if (Stat(digest).ok()) return absl::OkStatus();
    KSO_RETURN_IF_ERROR(outlives_power_cut() ? file->SyncAndClose()
                                             : file->Close());
    KSO_RETURN_IF_ERROR(Publish(digest, path, /*verified=*/true));
    std::move(remove).Cancel();
    return absl::OkStatus();
  }

  absl::Status Publish(const Digest& digest, const fs::path& file,
                       bool verified) {
    KSO_RETURN_IF_ERROR(blobs_->Publish(digest, file, verified));
    if (!limits_.has_value()) return absl::OkStatus();
    KSO_ASSIGN_OR_RETURN(const int64_t size, Stat(digest));
    const std::shared_ptr<const void> pin = Pin(digest);
    usage_->Add(digest, size);
    return Evict(0);
  }

  // Also for the next process, which finds the order in the files.
  void NoteUse(const Digest& digest, const OpenBlob& blob) {
    if (!limits_.has_value()) return;
    usage_->Touch(digest);
    const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_NOW},
                               {.tv_sec = 0, .tv_nsec = UTIME_OMIT}};
    ::futimens(blob.file.get(), times);
  }

  // Infinitely long ago where the blob is not there.
  absl::Time LastUse(const Digest& digest) const {
    struct stat info;
    if (::lstat(blobs_->PathOf(digest).c_str(), &info) != 0) {
      return absl::InfinitePast();
    }
    return absl::TimeFromTimespec(info.st_atim);
  }

  absl::Status Evict(int64_t bytes) {
    while (usage_->bytes() > limits_->max_bytes - bytes && EvictOne()) {
    }
    KSO_ASSIGN_OR_RETURN(bool is_short, IsShortOf(bytes));
    if (is_short) {
      blobs_->EmptyDamaged();
      if (limits_->first_resort) limits_->first_resort();
      KSO_ASSIGN_OR_RETURN(is_short, IsShortOf(bytes));
    }
    while (is_short && EvictOne()) {
      KSO_ASSIGN_OR_RETURN(is_short, IsShortOf(bytes));
    }
    if (is_short && limits_->last_resort) limits_->last_resort();
    return absl::OkStatus();
  }

  // Returns whether the disk has less than the limits want to be free once
  // `bytes` more are written.
  absl::StatusOr<bool> IsShortOf(int64_t bytes) {
    KSO_ASSIGN_OR_RETURN(const int64_t free_bytes, FreeBytes(root_));
    if (free_bytes < bytes + limits_->min_free_bytes) return true;
    if (limits_->min_free_files == 0) return false;
    KSO_ASSIGN_OR_RETURN(const std::optional<int64_t> free_files,
                         FreeFiles(root_));
    return free_files.has_value() && *free_files < limits_->min_free_files;
  }

  bool EvictOne() {
    return usage_
        ->EvictOne([this](const Digest& digest) { blobs_->Remove(digest); })
        .has_value();
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
        identity.size,
        [blobs = blobs_, usage = usage_, digest, identity](bool right) {
          if (right) {
            blobs->SetVerified(digest, identity);
          } else if (blobs->SetAside(digest, identity)) {
            usage->Forget(digest);
          }
        });
  }

  absl::Status VerifyNow(const Digest& digest, OpenBlob blob) {
    NullSink nowhere;
    const std::unique_ptr<ByteSource> source =
        VerifyWhileReading(digest, std::move(blob));
    const absl::Status status = CopyBytes(*source, nowhere).status();
    return absl::IsDataLoss(status) ? NoSuchBlob(digest) : status;
  }

  const fs::path root_;
  // Nothing is evicted without them, nor known of how much is used.
  const std::optional<DiskLimits> limits_;
  const DiskReserve reserve_;
  const FileLock lock_;
  // Sources and pins share these, since they may outlive the store.
  const std::shared_ptr<BlobDirectory> blobs_;
  const std::shared_ptr<BlobUsage> usage_ = std::make_shared<BlobUsage>();
  std::atomic<uint64_t> next_incoming_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<DiskBlobStore>> DiskBlobStore::Create(
    const fs::path& root, std::optional<DiskLimits> limits,
    int64_t reserve_bytes) {
  KSO_RETURN_IF_ERROR(MakeDirectories(root));
  KSO_ASSIGN_OR_RETURN(
      FileLock lock,
      FileLock::TryLock(root / "lock",
                        "stop it, or give this one a directory of its own"));
  std::error_code error;
  fs::remove_all(root / kIncoming, error);
  if (error) return FileError(error.value(), "empty", root / kIncoming);
  for (const char* name : {kIncoming, "damaged"}) {
    KSO_RETURN_IF_ERROR(MakeDirectories(root / name));
  }
  auto store = std::make_unique<DiskBlobStoreImpl>(
      root, std::move(lock), std::move(limits), reserve_bytes);
  KSO_RETURN_IF_ERROR(store->TakeOver());
  return store;
}

}  // namespace kso

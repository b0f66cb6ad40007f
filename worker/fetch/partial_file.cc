// SPDX-License-Identifier: Apache-2.0
#include "worker/fetch/partial_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/files/directory.h"
#include "common/files/file_lock.h"
#include "common/layer/content_time.h"
#include "worker/disk/disk_write.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

constexpr size_t kBufferBytes = 256 << 10;
// An ETag or a date; a longer one is of no use as a validator.
constexpr size_t kLongestValidator = 1024;

constexpr char kValidatorSuffix[] = ".validator";
constexpr char kPiecesSuffix[] = ".pieces";

// Removes the files that go with a partial file, before the file itself.
void RemoveCompanions(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::remove(path.string() + kValidatorSuffix, error);
  std::filesystem::remove(path.string() + kPiecesSuffix, error);
}

}  // namespace

PartialFile::PartialFile(std::filesystem::path path, DiskBlobStore* cache,
                         bool want_sha512)
    : path_(std::move(path)),
      validator_path_(path_.string() + kValidatorSuffix),
      pieces_path_(path_.string() + kPiecesSuffix),
      cache_(cache),
      want_sha512_(want_sha512) {
  absl::MutexLock lock(&front_mutex_);
  ResetHashers();
}

PartialFile::~PartialFile() {
  // The file goes: another worker may have space for it.
  if (!write_status().ok()) Delete();
}

absl::StatusOr<std::unique_ptr<PartialFile>> PartialFile::Open(
    std::filesystem::path path, DiskBlobStore* cache, bool want_sha512) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  std::unique_ptr<PartialFile> partial(
      new PartialFile(std::move(path), cache, want_sha512));
  KSO_RETURN_IF_ERROR(partial->OpenAndLock());
  KSO_RETURN_IF_ERROR(partial->LoadExisting());
  return partial;
}

// The lock keeps DeletePartialFiles from the file. One that it has deleted
// before that is made anew.
absl::Status PartialFile::OpenAndLock() {
  absl::StatusOr<FileLock> lock = FileLock::Lock(path_, 0644);
  if (!lock.ok()) return WorkerTrouble(lock.status());
  lock_.emplace(*std::move(lock));
  file_ = lock_->get();
  return absl::OkStatus();
}

absl::Status PartialFile::LoadExisting() {
  std::ifstream stream(validator_path_, std::ios::binary);
  std::string validator(kLongestValidator, '\0');
  stream.read(validator.data(), static_cast<std::streamsize>(validator.size()));
  validator.resize(static_cast<size_t>(stream.gcount()));
  // Bytes without a validator could be of any file.
  if (validator.empty()) return Restart("");
  auto table = PieceTable::Load(pieces_path_);
  if (absl::IsDataLoss(table.status())) return Restart("");
  KSO_RETURN_IF_ERROR(table.status());
  struct stat info;
  if (fstat(file_, &info) != 0) return DiskError(errno, "look at", path_);
  int64_t end = info.st_size;
  if (*table != nullptr) {
    if ((*table)->End() > info.st_size) return Restart("");
    end = (*table)->GapAfter(0);
  }
  validator_ = std::move(validator);
  {
    absl::MutexLock lock(&table_mutex_);
    table_ = *std::move(table);
  }
  absl::MutexLock lock(&front_mutex_);
  return HashFromFile(end);
}

void PartialFile::ResetHashers() {
  sha256_.emplace(Digest::Algorithm::kSha256);
  if (want_sha512_) sha512_.emplace(Digest::Algorithm::kSha512);
}

void PartialFile::Hash(std::string_view bytes) {
  sha256_->Update(bytes);
  if (sha512_.has_value()) sha512_->Update(bytes);
  size_ += static_cast<int64_t>(bytes.size());
}

// The bytes that were written a moment ago are in the page cache.
absl::Status PartialFile::HashFromFile(int64_t end) {
  if (size_ >= end) return absl::OkStatus();
  std::vector<char> buffer(kBufferBytes);
  while (size_ < end) {
    const ssize_t count =
        pread(file_, buffer.data(),
              std::min<int64_t>(kBufferBytes, end - size_), size_);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return DiskError(errno, "read", path_);
    if (count == 0) {
      return WorkerTrouble(absl::UnavailableError(
          Concat(path_.string(), " was cut short by somebody else")));
    }
    Hash(std::string_view(buffer.data(), static_cast<size_t>(count)));
  }
  return absl::OkStatus();
}

absl::Status PartialFile::Restart(std::string validator) {
  if (validator.size() > kLongestValidator) validator.clear();
  // The validator goes first and comes back last, so that a crash in between
  // leaves bytes without one, which are dropped.
  RemoveCompanions(path_);
  {
    absl::MutexLock lock(&table_mutex_);
    table_ = nullptr;
  }
  if (ftruncate(file_, 0) != 0) return DiskError(errno, "truncate", path_);
  {
    absl::MutexLock lock(&front_mutex_);
    size_ = 0;
    ResetHashers();
  }
  if (!validator.empty()) {
    std::ofstream stream(validator_path_, std::ios::binary);
    stream << validator;
    if (!stream.flush()) return DiskError(errno, "write", validator_path_);
  }
  validator_ = std::move(validator);
  return absl::OkStatus();
}

absl::Status PartialFile::write_status() const {
  absl::MutexLock lock(&table_mutex_);
  return write_status_;
}

absl::Status PartialFile::Note(absl::Status status) {
  absl::MutexLock lock(&table_mutex_);
  write_status_ = status;
  return status;
}

absl::Status PartialFile::WriteAt(
    int64_t offset, std::string_view bytes,
    const std::function<absl::Status(std::string_view)>& on_written) {
  while (!bytes.empty()) {
    const auto written = WriteSomeAt(file_, bytes, offset, *cache_, path_);
    if (!written.ok()) return Note(written.status());
    const absl::Status status = on_written(bytes.substr(0, *written));
    if (!status.ok()) return Note(status);
    offset += static_cast<int64_t>(*written);
    bytes.remove_prefix(*written);
  }
  return absl::OkStatus();
}

absl::Status PartialFile::Write(std::string_view bytes) {
  return WriteAt(size_, bytes, [this](std::string_view written) {
    absl::MutexLock lock(&front_mutex_);
    Hash(written);
    return absl::OkStatus();
  });
}

absl::Status PartialFile::Divide(int64_t total, int64_t piece_bytes) {
  {
    absl::MutexLock lock(&table_mutex_);
    if (table_ != nullptr && table_->total() == total &&
        table_->piece_bytes() == piece_bytes) {
      return absl::OkStatus();
    }
  }
  KSO_RETURN_IF_ERROR(Join());
  absl::MutexLock lock(&table_mutex_);
  KSO_ASSIGN_OR_RETURN(
      table_, PieceTable::Create(pieces_path_, total, piece_bytes, size_));
  return absl::OkStatus();
}

absl::Status PartialFile::Join() {
  absl::MutexLock lock(&table_mutex_);
  if (table_ == nullptr) return absl::OkStatus();
  // While the table is there, a file that is shorter than it says is dropped.
  if (ftruncate(file_, size_) != 0) return DiskError(errno, "truncate", path_);
  table_ = nullptr;
  std::error_code error;
  std::filesystem::remove(pieces_path_, error);
  return absl::OkStatus();
}

int64_t PartialFile::present() const {
  absl::MutexLock lock(&table_mutex_);
  return table_ != nullptr ? table_->present() : size_.load();
}

int PartialFile::piece_count() const {
  absl::MutexLock lock(&table_mutex_);
  return table_->count();
}

http::ByteRange PartialFile::Missing(int piece) const {
  absl::MutexLock lock(&table_mutex_);
  return table_->Missing(piece);
}

absl::Status PartialFile::WritePiece(int piece, std::string_view bytes) {
  int64_t offset = Missing(piece).first;
  return WriteAt(offset, bytes, [&](std::string_view written) -> absl::Status {
    {
      absl::MutexLock lock(&table_mutex_);
      KSO_RETURN_IF_ERROR(
          table_->Add(piece, static_cast<int64_t>(written.size())));
    }
    KSO_RETURN_IF_ERROR(AdvanceFront(offset, written));
    offset += static_cast<int64_t>(written.size());
    return absl::OkStatus();
  });
}

absl::Status PartialFile::AdvanceFront(int64_t offset, std::string_view bytes) {
  absl::MutexLock lock(&front_mutex_);
  if (size_ == offset) Hash(bytes);
  while (true) {
    int64_t end = 0;
    {
      absl::MutexLock table_lock(&table_mutex_);
      end = table_->GapAfter(size_);
    }
    if (end == size_) return absl::OkStatus();
    KSO_RETURN_IF_ERROR(HashFromFile(end));
  }
}

std::string PartialFile::FirstBytes(size_t most) const {
  std::string bytes(
      static_cast<size_t>(std::min<int64_t>(static_cast<int64_t>(most), size_)),
      '\0');
  const ssize_t count = pread(file_, bytes.data(), bytes.size(), 0);
  bytes.resize(count < 0 ? 0 : static_cast<size_t>(count));
  return bytes;
}

PartialFile::Digests PartialFile::Finish() {
  absl::MutexLock lock(&front_mutex_);
  Digests digests = {.sha256 = sha256_->Finish(), .sha512 = std::nullopt};
  if (sha512_.has_value()) digests.sha512 = sha512_->Finish();
  return digests;
}

absl::Status PartialFile::MoveIntoCache(const Digest& digest) {
  // Layers of files have this time, so that the cached file can be linked into
  // one. A file without it is copied.
  const timespec times[2] = {{.tv_sec = 0, .tv_nsec = UTIME_NOW},
                             {.tv_sec = ContentTime(digest), .tv_nsec = 0}};
  (void)utimensat(AT_FDCWD, path_.c_str(), times, 0);
  const absl::Status adopted = cache_->Adopt(digest, path_);
  Delete();
  return WorkerTrouble(adopted);
}

void PartialFile::Delete() {
  RemoveCompanions(path_);
  std::error_code error;
  std::filesystem::remove(path_, error);
}

void DeletePartialFiles(const std::filesystem::path& directory,
                        int64_t keep_bytes) {
  struct Found {
    std::filesystem::path path;
    int64_t bytes = 0;
    time_t modified = 0;
  };
  std::vector<Found> found;
  int64_t total = 0;
  // A file that cannot be listed cannot be deleted either; the rest still is.
  ForEachEntry(directory, [&](const std::filesystem::directory_entry& entry) {
    struct stat info;
    if (lstat(entry.path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
      return;
    }
    const std::filesystem::path suffix = entry.path().extension();
    if (suffix == kValidatorSuffix || suffix == kPiecesSuffix) return;
    found.push_back({entry.path(), info.st_size, info.st_mtime});
    total += info.st_size;
  }).IgnoreError();
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return a.modified < b.modified;
  });
  for (const Found& partial : found) {
    if (total <= keep_bytes) return;
    const absl::StatusOr<FileLock> lock =
        FileLock::TryLockExisting(partial.path, "");
    if (!lock.ok()) continue;
    RemoveCompanions(partial.path);
    std::error_code error;
    std::filesystem::remove(partial.path, error);
    total -= partial.bytes;
  }
}

}  // namespace kso::worker

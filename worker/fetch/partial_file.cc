#include "worker/fetch/partial_file.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "worker/disk/disk_write.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

constexpr size_t kBufferBytes = 256 << 10;
// An ETag or a date; a longer one is of no use as a validator.
constexpr size_t kLongestValidator = 1024;

constexpr std::string_view kValidatorSuffix = ".validator";

std::filesystem::path ValidatorPath(const std::filesystem::path& path) {
  return path.string() + std::string(kValidatorSuffix);
}

// Whether `path` still names the open `file`.
bool IsSameFile(int file, const std::filesystem::path& path) {
  struct stat open_info;
  struct stat path_info;
  return fstat(file, &open_info) == 0 && lstat(path.c_str(), &path_info) == 0 &&
         open_info.st_ino == path_info.st_ino &&
         open_info.st_dev == path_info.st_dev;
}

}  // namespace

PartialFile::PartialFile(std::filesystem::path path, DiskBlobStore* cache,
                         bool want_sha512)
    : path_(std::move(path)),
      validator_path_(ValidatorPath(path_)),
      cache_(cache),
      want_sha512_(want_sha512) {
  ResetHashers();
}

PartialFile::~PartialFile() {
  // Another worker may have the space for it.
  if (!write_status_.ok()) Delete();
  if (file_ >= 0) close(file_);
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

// The lock tells DeletePartialFiles that the file is in use; what it deleted
// in between is made anew.
absl::Status PartialFile::OpenAndLock() {
  while (true) {
    file_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
    if (file_ < 0) return DiskError(errno, "open", path_);
    if (flock(file_, LOCK_EX) != 0) return DiskError(errno, "lock", path_);
    if (IsSameFile(file_, path_)) return absl::OkStatus();
    close(file_);
  }
}

absl::Status PartialFile::LoadExisting() {
  std::ifstream stream(validator_path_, std::ios::binary);
  std::string validator(kLongestValidator, '\0');
  stream.read(validator.data(), static_cast<std::streamsize>(validator.size()));
  validator.resize(static_cast<size_t>(stream.gcount()));
  // Without it nobody knows what the bytes are of.
  if (validator.empty()) return Restart("");
  validator_ = std::move(validator);
  std::vector<char> buffer(kBufferBytes);
  while (true) {
    const ssize_t count = read(file_, buffer.data(), buffer.size());
    if (count < 0) return DiskError(errno, "read", path_);
    if (count == 0) return absl::OkStatus();
    Hash(std::string_view(buffer.data(), static_cast<size_t>(count)));
    size_ += count;
  }
}

void PartialFile::ResetHashers() {
  sha256_.emplace(Digest::Algorithm::kSha256);
  if (want_sha512_) sha512_.emplace(Digest::Algorithm::kSha512);
}

void PartialFile::Hash(std::string_view bytes) {
  sha256_->Update(bytes);
  if (sha512_.has_value()) sha512_->Update(bytes);
}

absl::Status PartialFile::Restart(std::string validator) {
  if (validator.size() > kLongestValidator) validator.clear();
  // The validator goes first and comes back last, so that a crash in between
  // leaves bytes without one, which are dropped.
  std::error_code error;
  std::filesystem::remove(validator_path_, error);
  if (ftruncate(file_, 0) != 0 || lseek(file_, 0, SEEK_SET) != 0) {
    return DiskError(errno, "truncate", path_);
  }
  size_ = 0;
  ResetHashers();
  if (!validator.empty()) {
    std::ofstream stream(validator_path_, std::ios::binary);
    stream << validator;
    if (!stream.flush()) return DiskError(errno, "write", validator_path_);
  }
  validator_ = std::move(validator);
  return absl::OkStatus();
}

absl::Status PartialFile::Write(std::string_view bytes) {
  while (!bytes.empty()) {
    const auto written = WriteSome(file_, bytes, *cache_, path_);
    if (!written.ok()) return write_status_ = written.status();
    Hash(bytes.substr(0, *written));
    size_ += static_cast<int64_t>(*written);
    bytes.remove_prefix(*written);
  }
  return absl::OkStatus();
}

PartialFile::Digests PartialFile::Finish() {
  Digests digests = {.sha256 = sha256_->Finish(), .sha512 = std::nullopt};
  if (sha512_.has_value()) digests.sha512 = sha512_->Finish();
  return digests;
}

absl::Status PartialFile::MoveIntoCache(const Digest& digest) {
  const absl::Status adopted = cache_->Adopt(digest, path_);
  Delete();
  return WorkerTrouble(adopted);
}

void PartialFile::Delete() {
  std::error_code error;
  std::filesystem::remove(validator_path_, error);
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
  std::error_code error;
  for (const auto& entry :
       std::filesystem::directory_iterator(directory, error)) {
    struct stat info;
    if (lstat(entry.path().c_str(), &info) != 0 || !S_ISREG(info.st_mode)) {
      continue;
    }
    if (entry.path().extension() == kValidatorSuffix) continue;
    found.push_back({entry.path(), info.st_size, info.st_mtime});
    total += info.st_size;
  }
  std::sort(found.begin(), found.end(), [](const Found& a, const Found& b) {
    return a.modified < b.modified;
  });
  for (const Found& partial : found) {
    if (total <= keep_bytes) return;
    const int file = open(partial.path.c_str(), O_RDWR | O_CLOEXEC);
    if (file < 0) continue;
    if (flock(file, LOCK_EX | LOCK_NB) == 0) {
      std::filesystem::remove(ValidatorPath(partial.path), error);
      std::filesystem::remove(partial.path, error);
      total -= partial.bytes;
    }
    close(file);
  }
}

}  // namespace kso::worker

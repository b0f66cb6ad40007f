#include "worker/fetch/partial_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>
#include <vector>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

constexpr size_t kBufferBytes = 256 << 10;
// An ETag or a date; a longer one is of no use as a validator.
constexpr size_t kLongestValidator = 1024;

absl::Status DiskError(int error, std::string_view what,
                       const std::filesystem::path& path) {
  return WorkerTrouble(
      absl::ErrnoToStatus(error, Concat("cannot ", what, " ", path.string())));
}

}  // namespace

PartialFile::PartialFile(std::filesystem::path path, bool want_sha512)
    : path_(std::move(path)),
      validator_path_(path_.string() + ".validator"),
      want_sha512_(want_sha512) {
  ResetHashers();
}

PartialFile::~PartialFile() {
  if (file_ >= 0) close(file_);
}

absl::StatusOr<std::unique_ptr<PartialFile>> PartialFile::Open(
    std::filesystem::path path, bool want_sha512) {
  std::error_code error;
  std::filesystem::create_directories(path.parent_path(), error);
  std::unique_ptr<PartialFile> partial(
      new PartialFile(std::move(path), want_sha512));
  partial->file_ =
      open(partial->path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
  if (partial->file_ < 0) return DiskError(errno, "open", partial->path_);
  KSO_RETURN_IF_ERROR(partial->LoadExisting());
  return partial;
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
    const ssize_t count = write(file_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return write_status_ = DiskError(errno, "write", path_);
    const auto written = static_cast<size_t>(count);
    Hash(bytes.substr(0, written));
    size_ += count;
    bytes.remove_prefix(written);
  }
  return absl::OkStatus();
}

PartialFile::Digests PartialFile::Finish() {
  Digests digests = {.sha256 = sha256_->Finish(), .sha512 = std::nullopt};
  if (sha512_.has_value()) digests.sha512 = sha512_->Finish();
  return digests;
}

absl::Status PartialFile::MoveInto(DiskBlobStore& store, const Digest& digest) {
  const absl::Status adopted = store.Adopt(digest, path_);
  Delete();
  return WorkerTrouble(adopted);
}

void PartialFile::Delete() {
  std::error_code error;
  std::filesystem::remove(validator_path_, error);
  std::filesystem::remove(path_, error);
}

}  // namespace kso::worker

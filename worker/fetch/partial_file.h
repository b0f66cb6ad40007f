#ifndef KSO_WORKER_FETCH_PARTIAL_FILE_H_
#define KSO_WORKER_FETCH_PARTIAL_FILE_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/byte_stream.h"
#include "common/base/digest.h"
#include "common/blob/disk_blob_store.h"

namespace kso::worker {

// A download that may stop and go on, also in another process: the bytes in
// `path`, what they belong to in `path`.validator. Bytes are hashed as they
// arrive, and those found at opening are hashed anew. What does not fit on the
// disk is given up. Errors are the worker's trouble (failure.h). Not thread
// safe; one at a time for a path.
class PartialFile : public ByteSink {
 public:
  // On the file system of `cache`, which must outlive it. Hashes sha512 as well
  // where asked for.
  static absl::StatusOr<std::unique_ptr<PartialFile>> Open(
      std::filesystem::path path, DiskBlobStore* cache, bool want_sha512);
  ~PartialFile() override;

  int64_t size() const { return size_; }
  // What Restart was given: an ETag, for example.
  const std::string& validator() const { return validator_; }
  // The error of the last Write, for callers who only see that of a transfer.
  const absl::Status& write_status() const { return write_status_; }

  // Drops all bytes; those that follow belong to `validator`.
  absl::Status Restart(std::string validator);

  absl::Status Write(std::string_view bytes) override;

  struct Digests {
    Digest sha256;
    std::optional<Digest> sha512;
  };
  // Ends the file: nothing is written after it.
  Digests Finish();

  // After Finish: the file becomes the blob `digest` of the cache, or is
  // deleted.
  absl::Status MoveIntoCache(const Digest& digest);
  void Delete();

 private:
  PartialFile(std::filesystem::path path, DiskBlobStore* cache,
              bool want_sha512);
  absl::Status OpenAndLock();
  absl::Status LoadExisting();
  void ResetHashers();
  void Hash(std::string_view bytes);

  const std::filesystem::path path_;
  const std::filesystem::path validator_path_;
  DiskBlobStore* const cache_;
  const bool want_sha512_;
  int file_ = -1;
  int64_t size_ = 0;
  std::string validator_;
  absl::Status write_status_;
  std::optional<Hasher> sha256_;
  std::optional<Hasher> sha512_;
};

// Deletes the partial files of `directory` that nobody has open, the oldest
// first, until at most `keep_bytes` are left.
void DeletePartialFiles(const std::filesystem::path& directory,
                        int64_t keep_bytes);

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_PARTIAL_FILE_H_

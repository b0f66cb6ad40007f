// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_FETCH_PARTIAL_FILE_H_
#define KSO_WORKER_FETCH_PARTIAL_FILE_H_

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "common/blob/disk_blob_store.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/files/file_lock.h"
#include "worker/fetch/piece_table.h"

namespace kso::worker {

// A download that may stop and be resumed, also in another process: the bytes
// in `path`, and in `path`.validator what they belong to. They come in order,
// or in pieces side by side; then `path`.pieces says which are there
// (PieceTable). Bytes are hashed in order as they arrive, those behind a gap
// once it is closed, and those found at opening anew. A download that does not
// fit on the disk is given up. Errors are the worker's trouble (failure.h). A
// path is open once at a time. Thread safe where it says so.
class PartialFile : public ByteSink {
 public:
  // On the file system of `cache`, which must outlive it. Hashes sha512 as well
  // where asked for.
  static absl::StatusOr<std::unique_ptr<PartialFile>> Open(
      std::filesystem::path path, DiskBlobStore* cache, bool want_sha512);
  ~PartialFile() override;

  // The number of bytes before the first gap. Thread safe.
  int64_t size() const { return size_; }
  // The number of bytes in all. Thread safe.
  int64_t present() const;
  // The validator that Restart was given: an ETag, for example.
  const std::string& validator() const { return validator_; }
  // The error of the last write, for callers who only see that of a transfer.
  // Thread safe.
  absl::Status write_status() const;

  // Drops all bytes; those that follow belong to `validator`.
  absl::Status Restart(std::string validator);

  // Appends, while the file is in one piece.
  absl::Status Write(std::string_view bytes) override;

  // Divides the file, which will have `total` bytes; what is there stays, also
  // when it is divided so already.
  absl::Status Divide(int64_t total, int64_t piece_bytes);
  // Makes the file one piece again, without the bytes behind the first gap.
  absl::Status Join();

  // While the file is divided, these may be called from any thread, each piece
  // being written by one at a time.
  int piece_count() const;
  http::ByteRange Missing(int piece) const;
  // The next bytes of the piece, no more than are missing.
  absl::Status WritePiece(int piece, std::string_view bytes);

  // The first bytes, `most` at most, and no more than size(). Fewer where the
  // disk does not give them.
  std::string FirstBytes(size_t most) const;

  struct Digests {
    Digest sha256;
    std::optional<Digest> sha512;
  };
  // Returns the digests of the bytes before the first gap. Ends the file:
  // nothing is written after it.
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
  // Writes at `offset`, and calls `on_written` with what got there.
  absl::Status WriteAt(
      int64_t offset, std::string_view bytes,
      const std::function<absl::Status(std::string_view)>& on_written);
  absl::Status Note(absl::Status status);
  // Takes the bytes at `offset`: when they are the next in order, hashes them
  // and the bytes of other pieces behind them.
  absl::Status AdvanceFront(int64_t offset, std::string_view bytes)
      ABSL_LOCKS_EXCLUDED(front_mutex_, table_mutex_);
  absl::Status HashFromFile(int64_t end)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(front_mutex_);
  void ResetHashers() ABSL_EXCLUSIVE_LOCKS_REQUIRED(front_mutex_);
  void Hash(std::string_view bytes) ABSL_EXCLUSIVE_LOCKS_REQUIRED(front_mutex_);

  const std::filesystem::path path_;
  const std::filesystem::path validator_path_;
  const std::filesystem::path pieces_path_;
  DiskBlobStore* const cache_;
  const bool want_sha512_;
  // Tells DeletePartialFiles, also that of other workers, that the file is in
  // use. Set by Open.
  std::optional<FileLock> lock_;
  // The descriptor of the locked file.
  int file_ = -1;
  std::string validator_;

  // The thread that computes the digests holds this mutex.
  absl::Mutex front_mutex_;
  std::optional<Hasher> sha256_ ABSL_GUARDED_BY(front_mutex_);
  std::optional<Hasher> sha512_ ABSL_GUARDED_BY(front_mutex_);
  // The number of bytes that are hashed; written under front_mutex_.
  std::atomic<int64_t> size_ = 0;

  mutable absl::Mutex table_mutex_ ABSL_ACQUIRED_AFTER(front_mutex_);
  // Null while the file is in one piece.
  std::unique_ptr<PieceTable> table_ ABSL_GUARDED_BY(table_mutex_);
  absl::Status write_status_ ABSL_GUARDED_BY(table_mutex_);
};

// Deletes the partial files of `directory` that nobody has open, the oldest
// first, until at most `keep_bytes` are left.
void DeletePartialFiles(const std::filesystem::path& directory,
                        int64_t keep_bytes);

}  // namespace kso::worker

#endif  // KSO_WORKER_FETCH_PARTIAL_FILE_H_

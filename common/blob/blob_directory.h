// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BLOB_BLOB_DIRECTORY_H_
#define KSO_COMMON_BLOB_BLOB_DIRECTORY_H_

#include <sys/stat.h>

#include <cstdint>
#include <filesystem>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "common/bytes/digest.h"

namespace kso {

// Tells apart the files that a name stood for at different times.
struct FileIdentity {
  ino_t inode = 0;
  int64_t size = 0;
  int64_t modified_seconds = 0;
  int64_t modified_nanoseconds = 0;

  static FileIdentity Of(const struct stat& info);

  friend bool operator==(const FileIdentity&, const FileIdentity&) = default;
};

struct FoundBlob {
  Digest digest;
  int64_t bytes = 0;
  absl::Time modified;
};

// The files of a DiskBlobStore, and which of them this process knows to be
// right. May be used from any thread.
class BlobDirectory {
 public:
  // `synced`: what is published outlives a power cut.
  explicit BlobDirectory(std::filesystem::path root, bool synced = true)
      : root_(std::move(root)), synced_(synced) {}

  std::filesystem::path PathOf(const Digest& digest) const;

  bool IsVerified(const Digest& digest, const FileIdentity& file) const;
  void SetVerified(const Digest& digest, const FileIdentity& file);

  // All blobs, the least recently used first. The error names what cannot be
  // listed.
  absl::StatusOr<std::vector<FoundBlob>> List() const;

  // Moves `file`, whose bytes were found to be wrong, to damaged/, and returns
  // true; leaves alone what has taken its place since.
  bool SetAside(const Digest& digest, const FileIdentity& file);
  void EmptyDamaged();

  // Whoever reads the blob at the moment can read it to its end.
  void Remove(const Digest& digest);

  // The same, unless the blob was written after `List` returned `found`.
  // Returns whether it is gone.
  bool RemoveUnlessRewritten(const FoundBlob& found);

  // Makes `file`, whose bytes are on disk where that matters, the blob
  // `digest`. Unless it is `verified`, that is done when it is first read.
  absl::Status Publish(const Digest& digest, const std::filesystem::path& file,
                       bool verified);

 private:
  absl::Status Rename(const Digest& digest, const std::filesystem::path& file,
                      const std::filesystem::path& path, bool verified);

  const std::filesystem::path root_;
  const bool synced_;
  mutable absl::Mutex mutex_;
  absl::flat_hash_map<Digest, FileIdentity> verified_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace kso

#endif  // KSO_COMMON_BLOB_BLOB_DIRECTORY_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BLOB_DISK_BLOB_STORE_H_
#define KSO_COMMON_BLOB_DISK_BLOB_STORE_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/blob/blob_place.h"
#include "common/blob/blob_store.h"
#include "common/bytes/digest.h"
#include "common/bytes/written_blob.h"

namespace kso {

// How far a store whose blobs can be had again may fill its disk. What is over
// goes, the least recently used first, but nothing that is pinned. Such a store
// does not wait for the disk: what a power cut damages is found and set aside
// when it is read next.
struct DiskLimits {
  // Of all blobs together.
  int64_t max_bytes = std::numeric_limits<int64_t>::max();
  // Of the file system; blobs make room for whoever needs the space.
  int64_t min_free_bytes = 0;
  // The same of files, where the file system counts them (free_space.h).
  int64_t min_free_files = 0;
  // Called without locks held: before blobs are evicted for want of space, what
  // costs less to have again goes; when evicting them was not enough, what else
  // may go.
  std::function<void()> first_resort = nullptr;
  std::function<void()> last_resort = nullptr;
};

// Limits that a store which has limits is brought to once. Blobs go as long as
// one of them asks for it.
struct PruneLimits {
  // Blobs that were last used before this.
  absl::Time unused_since = absl::InfinitePast();
  // Of all blobs together.
  int64_t max_bytes = std::numeric_limits<int64_t>::max();
  // Of the file system.
  int64_t min_free_bytes = 0;
};

// The blobs that DiskBlobStore::Sweep or Prune deleted.
struct SweptBlobs {
  int blobs = 0;
  int64_t bytes = 0;
};

// Blobs as files of one directory:
//
//   <root>/<algorithm>/<2 hex>/<hex>      whole blobs; atime is the last use
//   <root>/incoming/                      being written, also by processes that
//                                         have been told; emptied at start
//   <root>/damaged/                       rotted, kept for inspection while
//                                         there is room
//   <root>/lock                           held by the process that uses it
//
// A blob is written to incoming/, verified, synced to disk unless there are
// limits, then renamed, so the end of this process leaves either all of it or
// nothing. What an earlier process left, or another one put there, is verified
// when it is first read: while it passes, when all of it is read; before the
// first byte, when reading begins within it.
class DiskBlobStore : public BlobStore {
 public:
  // Makes the directory when needed. FAILED_PRECONDITION when another process
  // uses it. Without limits nothing is ever evicted; then `reserve_bytes` of
  // the file system stay free for its owner's other files, and a blob that
  // would take them is RESOURCE_EXHAUSTED.
  static absl::StatusOr<std::unique_ptr<DiskBlobStore>> Create(
      const std::filesystem::path& root,
      std::optional<DiskLimits> limits = std::nullopt,
      int64_t reserve_bytes = 0);

  // Keeps a blob from being evicted for as long as the result lives, which may
  // be longer than the store. It need not be there yet.
  virtual std::shared_ptr<const void> Pin(const Digest& digest) = 0;

  // Evicts until `bytes` more fit within the limits. RESOURCE_EXHAUSTED when
  // the disk still does not have so much space; that fewer bytes stay free than
  // the limits wish is no error.
  virtual absl::Status MakeRoom(int64_t bytes) = 0;

  // The bytes of all blobs together. Only a store with limits keeps account; 0
  // without.
  virtual int64_t UsedBytes() const = 0;

  // Evicts to these limits, the least recently used first, but nothing that is
  // pinned. Does nothing to a store without limits of its own, whose blobs
  // cannot be had again.
  virtual absl::StatusOr<SweptBlobs> Prune(const PruneLimits& limits) = 0;

  // Deletes the blobs that `keep` does not want, of those written before
  // `written_before`: a younger one may be of a task that has not reported it
  // yet. Whoever reads a blob at the moment can read it to its end. Pins are
  // not asked: this is for a store without limits.
  virtual absl::StatusOr<SweptBlobs> Sweep(
      const std::function<bool(const Digest&)>& keep,
      absl::Time written_before) = 0;

  // Makes the blob's file known as `name` in the open directory `directory`,
  // which is on the same file system, so that its bytes need not be written
  // again: what has the name must not be written to. It outlives the blob,
  // whose eviction frees no space then. FAILED_PRECONDITION when this process
  // has not seen that its bytes are right; otherwise as linkat(2) fails.
  virtual absl::Status Link(const Digest& digest, int directory,
                            const std::string& name) = 0;

  // Takes over a finished file whose digest the caller has computed while
  // writing it; the file is renamed into the store and must be on the same
  // file system. Takes the place of the blob if that is there already.
  virtual absl::Status Adopt(const Digest& digest,
                             const std::filesystem::path& file) = 0;

  // A path for a file that will be adopted, under incoming/. Never the same
  // twice.
  virtual std::filesystem::path NewIncomingPath() = 0;

  // Where the blobs are, and where who may writes files for AdoptFromOther.
  virtual BlobPlace place() const = 0;

  // Takes over a file that another process of this user has put into incoming/,
  // whose bytes need not be on disk yet; they are verified when they are first
  // read. Unless this fails, the file is gone from there afterwards. NOT_FOUND
  // when there is no such file; PERMISSION_DENIED when it is not this user's
  // alone; DATA_LOSS when its size is not the blob's; INVALID_ARGUMENT unless
  // IsIncomingName.
  virtual absl::Status AdoptFromOther(const std::string& name,
                                      const WrittenBlob& blob) = 0;
};

}  // namespace kso

#endif  // KSO_COMMON_BLOB_DISK_BLOB_STORE_H_

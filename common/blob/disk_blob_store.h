#ifndef KSO_COMMON_BLOB_DISK_BLOB_STORE_H_
#define KSO_COMMON_BLOB_DISK_BLOB_STORE_H_

#include <filesystem>
#include <memory>

#include "absl/status/statusor.h"
#include "common/blob/blob_store.h"

namespace kso {

// Blobs as files of one directory:
//
//   <root>/<algorithm>/<2 hex>/<hex>      whole blobs
//   <root>/incoming/                      being written; emptied at start
//   <root>/damaged/                       rotted, kept for inspection
//   <root>/lock                           held by the process that uses it
//
// A blob is written to incoming/, verified, synced to disk, then renamed, so a
// crash leaves either all of it or nothing. What an earlier process left is
// verified again when it is first read: while it passes, when all of it is
// read; before the first byte, when reading begins within it.
class DiskBlobStore : public BlobStore {
 public:
  // Makes the directory when needed. FAILED_PRECONDITION when another process
  // uses it.
  static absl::StatusOr<std::unique_ptr<DiskBlobStore>> Create(
      const std::filesystem::path& root);

  // Takes over a finished file whose digest the caller has computed while
  // writing it; the file is renamed into the store and must be on the same
  // file system. Takes the place of the blob if that is there already.
  virtual absl::Status Adopt(const Digest& digest,
                             const std::filesystem::path& file) = 0;

  // A path for a file that will be adopted, under incoming/. Never the same
  // twice.
  virtual std::filesystem::path NewIncomingPath() = 0;
};

}  // namespace kso

#endif  // KSO_COMMON_BLOB_DISK_BLOB_STORE_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COMMON_BLOB_BLOB_PLACE_H_
#define KSO_COMMON_BLOB_BLOB_PLACE_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

namespace kso {

// Where a blob store's files are, for other processes of its machine.
struct BlobPlace {
  // A blob is <directory>/<algorithm>/<2 hex>/<hex>. Empty where blobs are no
  // files.
  std::filesystem::path directory;
  // The directory for files that are to become blobs. Empty where the store
  // takes none.
  std::filesystem::path incoming;
  // A process that writes such a file must leave this much of the file system
  // free (disk_reserve.h).
  int64_t reserve_bytes = 0;
};

// A name for such a file that no other has.
std::string NewIncomingName();

// Returns whether it may be one: at most 64 of [a-z0-9-], with a dash.
bool IsIncomingName(std::string_view name);

}  // namespace kso

#endif  // KSO_COMMON_BLOB_BLOB_PLACE_H_

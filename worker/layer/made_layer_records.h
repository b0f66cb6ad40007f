// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_LAYER_MADE_LAYER_RECORDS_H_
#define KSO_WORKER_LAYER_MADE_LAYER_RECORDS_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/bytes/digest.h"

namespace kso::worker {

// A file of a layer whose bytes are a blob of the cache.
struct MadeFile {
  // These are the fields of LayerFile.
  std::string path;
  int64_t size = 0;
  uint32_t mode = 0644;
  int64_t mtime = 0;
  Digest blob;
};

struct MadeLayer {
  // The digests of the layer's blob, and of the tar inside.
  std::string digest;
  std::string diff_id;
  std::vector<MadeFile> files = {};
};

// Keeps the layers that were made for the process after this one: a
// MadeLayerRecord (worker_disk.proto) in a file for each, after the SHA-256 of
// it, since a crash of the machine may leave any part of a file that was not
// synced. A record that cannot be written is lost to the next process, and one
// that cannot be read is removed. Not thread safe.
class MadeLayerRecords {
 public:
  // Makes `directory` when it is not there.
  explicit MadeLayerRecords(std::filesystem::path directory);

  // Returns the records of processes before this one, the oldest first.
  std::vector<MadeLayer> TakeOver() const;

  // Adds a record, which replaces any of the same blob.
  void Add(const MadeLayer& layer) const;
  void Remove(const std::string& digest) const;

 private:
  std::filesystem::path PathOf(const std::string& digest) const;

  const std::filesystem::path directory_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_LAYER_MADE_LAYER_RECORDS_H_

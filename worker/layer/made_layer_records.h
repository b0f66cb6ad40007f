// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_LAYER_MADE_LAYER_RECORDS_H_
#define KSO_WORKER_LAYER_MADE_LAYER_RECORDS_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/base/digest.h"

namespace kso::worker {

// A file of a layer whose bytes are a blob of the cache.
struct MadeFile {
  // As LayerFile has them.
  std::string path;
  int64_t size = 0;
  uint32_t mode = 0644;
  Digest blob;
};

struct MadeLayer {
  // Of its blob, and of the tar inside.
  std::string digest;
  std::string diff_id;
  std::vector<MadeFile> files = {};
};

// Layers that were made, for the process after this one: a MadeLayerRecord
// (worker_disk.proto) in a file for each, after the SHA-256 of it, since a
// crash of the machine may leave any part of a file that was not synced. What
// cannot be written is lost to the next process, and what cannot be read is
// removed. Not thread safe.
class MadeLayerRecords {
 public:
  // Makes `directory` when it is not there.
  explicit MadeLayerRecords(std::filesystem::path directory);

  // The oldest first.
  std::vector<MadeLayer> TakeOver() const;

  // Takes the place of what is kept of that blob.
  void Add(const MadeLayer& layer) const;
  void Remove(const std::string& digest) const;

 private:
  std::filesystem::path PathOf(const std::string& digest) const;

  const std::filesystem::path directory_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_LAYER_MADE_LAYER_RECORDS_H_

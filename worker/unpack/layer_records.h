// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_UNPACK_LAYER_RECORDS_H_
#define KSO_WORKER_UNPACK_LAYER_RECORDS_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "common/bytes/digest.h"

namespace kso::worker {

// Says of the layers in a directory which are whole, for the process after this
// one: a file NAME.whole beside each. They are only believed in the boot of the
// machine in which they were written. Layers are not synced to disk, so after a
// crash of the machine there may be less of them than there was; after one of a
// process, all is there. Not thread safe, but for Add and Remove of different
// layers.
class LayerRecords {
 public:
  struct Record {
    Digest key;
    // Of all files together.
    int64_t bytes = 0;
  };

  // `boot` names the boot of the machine, without spaces; where it is empty,
  // nothing is kept.
  LayerRecords(std::filesystem::path directory, std::string boot);

  // The layers that are whole, the oldest first. Removes all else that is in
  // the directory.
  std::vector<Record> TakeOver() const;

  // To be called before the layer appears. Where it cannot be written, the
  // layer is lost to the next process.
  void Add(const Record& record) const;
  // To be called before any of the layer is removed.
  void Remove(const Digest& key) const;

  // The layer's name in the directory. The names of 120 layers fit into one
  // page together, which is all that mount(2) takes: so they are no whole
  // digests, but 120 bits of one.
  static std::string NameOf(const Digest& key);

 private:
  std::filesystem::path PathOf(const Digest& key) const;

  const std::filesystem::path directory_;
  const std::string boot_;
};

// The boot that this machine is in (random(4)); empty when it does not say.
std::string BootOfThisMachine();

}  // namespace kso::worker

#endif  // KSO_WORKER_UNPACK_LAYER_RECORDS_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_LAYER_MADE_LAYERS_H_
#define KSO_WORKER_LAYER_MADE_LAYERS_H_

#include <cstddef>
#include <deque>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "worker/layer/made_layer_records.h"

namespace kso::worker {

// Remembers the files of the layers that this worker has made, so that one that
// was pushed can be unpacked from the cache, without asking the destination for
// it. Keeps the newest layers, up to so many files in all, and the readable
// records of the process before this one. Thread safe.
class MadeLayers {
 public:
  // `directory` is that of MadeLayerRecords.
  explicit MadeLayers(std::filesystem::path directory,
                      size_t most_files = 10'000);

  // The files' blobs may be evicted.
  void Add(MadeLayer layer) ABSL_LOCKS_EXCLUDED(mutex_);

  // The files of the layer with that blob and that tar inside; nothing when it
  // is not known.
  std::optional<std::vector<MadeFile>> Find(const std::string& digest,
                                            const std::string& diff_id) const
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  void Keep(MadeLayer layer) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const MadeLayerRecords records_;
  const size_t most_files_;
  mutable absl::Mutex mutex_;
  // The newest layer is last.
  std::deque<MadeLayer> layers_ ABSL_GUARDED_BY(mutex_);
  size_t files_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_LAYER_MADE_LAYERS_H_

#ifndef KSO_WORKER_LAYER_MADE_LAYERS_H_
#define KSO_WORKER_LAYER_MADE_LAYERS_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
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

// What is in the layers that this worker has made, so that one that was pushed
// can be unpacked from the cache, without asking the destination for it. Keeps
// the newest layers, so many files in all. Thread safe.
class MadeLayers {
 public:
  explicit MadeLayers(size_t most_files = 10'000) : most_files_(most_files) {}

  // Layers are known by the digest of their blob, and that of the tar inside.
  // The files' blobs may be evicted.
  void Add(const std::string& digest, const std::string& diff_id,
           std::vector<MadeFile> files) ABSL_LOCKS_EXCLUDED(mutex_);

  // Nothing when no such layer is known.
  std::optional<std::vector<MadeFile>> Find(const std::string& digest,
                                            const std::string& diff_id) const
      ABSL_LOCKS_EXCLUDED(mutex_);

 private:
  struct Layer {
    std::string digest;
    std::string diff_id;
    std::vector<MadeFile> files;
  };

  const size_t most_files_;
  mutable absl::Mutex mutex_;
  // The newest last.
  std::deque<Layer> layers_ ABSL_GUARDED_BY(mutex_);
  size_t files_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_LAYER_MADE_LAYERS_H_

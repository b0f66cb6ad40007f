#ifndef KSO_WORKER_UNPACK_LAYER_CACHE_H_
#define KSO_WORKER_UNPACK_LAYER_CACHE_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/byte_stream.h"
#include "common/base/clock.h"
#include "common/base/digest.h"
#include "common/blob/blob_usage.h"
#include "common/blob/disk_blob_store.h"
#include "kso/v1/types.pb.h"
#include "worker/fetch/keyed_lock.h"
#include "worker/task/task_control.h"
#include "worker/unpack/layer_records.h"
#include "worker/unpack/tar_unpacker.h"

namespace kso::worker {

// A directory of the cache, which stays and does not change for as long as
// `pin` lives.
struct UnpackedLayer {
  std::string name;
  std::shared_ptr<const void> pin = nullptr;
};

// One way to have a layer.
struct LayerSource {
  // Of what is sent: that of the blob, or kOciLayerTar for the tar inside.
  std::string media_type;
  // Sends all of it; verified where that is the last source of a layer.
  std::function<absl::Status(ByteSink& sink)> send;
  // For what of it is on the file system already; may be null.
  LinkFile link = nullptr;
};

// Layers as directories for overlayfs, each unpacked once for all images and
// tasks that have it. What no task uses goes, the least recently used first,
// when there is too much of it. What a process before this left is used again,
// as layer_records.h says. Thread safe.
class LayerCache {
 public:
  // Makes `directory`, where it is not there, so that only the worker's user
  // can enter it. It is on the file system of `blobs`, which makes room for
  // layers. At most `max_bytes` are kept besides what is in use. `boot` is as
  // LayerRecords takes it. The pointers must outlive it.
  LayerCache(std::filesystem::path directory, int64_t max_bytes,
             std::string boot, DiskBlobStore* blobs, Clock* clock);

  const std::filesystem::path& directory() const { return directory_; }

  // The layer with that blob and diffID. When it is not there yet, it is
  // unpacked to `scratch`, a path at which nothing is, and which is on the same
  // file system, from the first of `sources` that gives the tar of the diffID.
  // Waits while another task unpacks it. Errors are as those of LayerUnpacker,
  // or what the last source returns.
  absl::StatusOr<UnpackedLayer> Get(const v1::Descriptor& blob,
                                    const Digest& diff_id,
                                    const std::filesystem::path& scratch,
                                    const std::vector<LayerSource>& sources,
                                    const TaskControl& control);

  // Whether Get would find it.
  bool Has(const v1::Descriptor& blob, const Digest& diff_id) const;

  // Removes all layers that nobody uses.
  void RemoveIdle();

 private:
  std::filesystem::path PathOf(const Digest& key) const;
  bool IsThere(const Digest& key) const;
  absl::StatusOr<int64_t> Unpack(const LayerSource& source, int64_t blob_size,
                                 const Digest& diff_id,
                                 const std::filesystem::path& scratch);
  absl::Status MakeRoom(int64_t bytes);
  // Until so many bytes more are within the limit.
  void EvictExcess(int64_t bytes);
  bool EvictOne();

  const std::filesystem::path directory_;
  const int64_t max_bytes_;
  const LayerRecords records_;
  DiskBlobStore* const blobs_;
  KeyedLock lock_;
  // Pins share it.
  const std::shared_ptr<BlobUsage> usage_ = std::make_shared<BlobUsage>();
};

}  // namespace kso::worker

#endif  // KSO_WORKER_UNPACK_LAYER_CACHE_H_

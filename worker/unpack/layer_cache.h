// SPDX-License-Identifier: Apache-2.0
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
#include "common/blob/blob_usage.h"
#include "common/blob/disk_blob_store.h"
#include "common/bytes/byte_stream.h"
#include "common/bytes/digest.h"
#include "common/run/clock.h"
#include "kso/v1/types.pb.h"
#include "worker/fetch/keyed_lock.h"
#include "worker/task/task_control.h"
#include "worker/unpack/layer_records.h"
#include "worker/unpack/layer_unpacker.h"
#include "worker/unpack/tar_unpacker.h"

namespace kso::worker {

// A directory of the cache, which stays and does not change for as long as
// `pin` lives.
struct UnpackedLayer {
  std::string name;
  std::shared_ptr<const void> pin = nullptr;
};

// One way to have a layer: unpacks it into `directory`, which is empty and the
// caller's alone, and returns the bytes of all its files.
using LayerSource = std::function<absl::StatusOr<int64_t>(
    const std::filesystem::path& directory, const MakeRoom& make_room)>;

// From its blob, or the tar inside, as `layer` says, which `send` sends.
LayerSource UnpackWhatIsSent(PackedLayer layer,
                             std::function<absl::Status(ByteSink& sink)> send);

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
  // file system, by the first of `sources` that can. Waits while another task
  // unpacks it. Errors are those of the last source.
  absl::StatusOr<UnpackedLayer> Get(const v1::Descriptor& blob,
                                    const Digest& diff_id,
                                    const std::filesystem::path& scratch,
                                    const std::vector<LayerSource>& sources,
                                    const TaskControl& control);

  // Returns whether Get would find it.
  bool Has(const v1::Descriptor& blob, const Digest& diff_id) const;

  // Removes all layers that nobody uses.
  void RemoveIdle();

  // The bytes of all layers together.
  int64_t UsedBytes() const { return usage_->bytes(); }

 private:
  std::filesystem::path PathOf(const Digest& key) const;
  bool IsThere(const Digest& key) const;
  absl::StatusOr<int64_t> Unpack(const LayerSource& source,
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

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_VERIFY_IMAGE_UNPACKER_H_
#define KSO_WORKER_VERIFY_IMAGE_UNPACKER_H_

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/blob/disk_blob_store.h"
#include "common/bytes/digest.h"
#include "common/oci/image_store.h"
#include "kso/v1/types.pb.h"
#include "worker/layer/made_layers.h"
#include "worker/task/task_control.h"
#include "worker/unpack/layer_cache.h"
#include "worker/unpack/root_filesystem.h"

namespace kso::worker {

// Brings an image's layers into the cache of layers. A layer that this worker
// made, or a blob that it brought, does not come back over the network: it is
// unpacked from what is cached. Others come from the destination.
class ImageUnpacker {
 public:
  // The stores that layers come from. All must outlive it.
  struct Sources {
    DiskBlobStore* cache = nullptr;
    const MadeLayers* made_layers = nullptr;
    oci::ImageStore* destination = nullptr;
    // Of the image, there.
    std::string repository;
  };

  // Unpacks to sub-directories of `directory` first. What `layers` and
  // `control` point to must outlive it.
  ImageUnpacker(Sources sources, std::filesystem::path directory,
                LayerCache* layers, TaskControl* control);

  // The image of these layers, the lowest first, several at a time. Errors name
  // the layer; they are as LayerCache says, or the destination's.
  absl::StatusOr<RootFilesystem> Unpack(
      const std::vector<v1::Descriptor>& blobs,
      const std::vector<std::string>& diff_ids);

 private:
  // The files of a layer, which stay in the cache for as long as this lives.
  struct CachedFiles {
    std::vector<MadeFile> files;
    std::vector<std::shared_ptr<const void>> pins;
  };

  // None when the layer was not made here, or not all of it is cached any more.
  CachedFiles FilesInCache(const std::string& digest,
                           const std::string& diff_id);
  absl::StatusOr<UnpackedLayer> UnpackLayer(const v1::Descriptor& blob,
                                            const Digest& diff_id, size_t i,
                                            CachedFiles cached);
  absl::Status SendCachedBlob(const v1::Descriptor& blob, ByteSink& sink);

  const Sources sources_;
  const std::filesystem::path directory_;
  LayerCache& layers_;
  TaskControl& control_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_VERIFY_IMAGE_UNPACKER_H_

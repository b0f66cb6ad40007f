// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_LAYER_MAKE_LAYER_H_
#define KSO_WORKER_LAYER_MAKE_LAYER_H_

#include "absl/status/statusor.h"
#include "common/blob/disk_blob_store.h"
#include "common/layer/encode_pool.h"
#include "kso/v1/worker.pb.h"
#include "worker/fetch/blob_fetcher.h"
#include "worker/fetch/file_fetcher.h"
#include "worker/layer/made_layers.h"
#include "worker/task/image_stores.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// The tools that layers are made with. The pointers outlive every task.
struct LayerTools {
  FileFetcher* files = nullptr;
  BlobFetcher* blobs = nullptr;
  ImageStores* stores = nullptr;
  DiskBlobStore* cache = nullptr;
  // Hears of the layers all of whose members the cache keeps.
  MadeLayers* made_layers = nullptr;
  // Encodes layers on several cores; when null, each is encoded on its task's
  // thread alone.
  EncodePool* encode_pool = nullptr;
  // How many members of one layer are fetched at the same time. The limits of
  // hosts decide how many transfers are in flight; this is for small files on a
  // long line, where each waits for round trips. With 1, all is done on the
  // task's thread.
  int fetches_at_once = 8;
};

// Fetches the members of `task.make_layer()`, and writes and encodes the layer
// while it is pushed to the task's destination. Members stay in the cache; the
// layer is never on this machine's disk, unless the destination wants to know
// its size before its bytes. Errors are as failure.h says.
absl::StatusOr<v1::MadeLayer> MakeLayer(const v1::Task& task,
                                        const LayerTools& tools,
                                        TaskControl& control);

}  // namespace kso::worker

#endif  // KSO_WORKER_LAYER_MAKE_LAYER_H_

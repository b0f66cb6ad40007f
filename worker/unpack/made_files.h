// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_UNPACK_MADE_FILES_H_
#define KSO_WORKER_UNPACK_MADE_FILES_H_

#include <vector>

#include "common/blob/disk_blob_store.h"
#include "worker/layer/made_layer_records.h"
#include "worker/task/task_control.h"
#include "worker/unpack/layer_cache.h"

namespace kso::worker {

// Unpacks a layer that this worker made of `files`, from `cache`, as its tar
// would be: the layer is what the layer writer makes of them, so with the right
// files nothing of it needs to be written, hashed or read. A file that is
// cached as it is, known to be right, gets another name only; others are
// copied, and verified. Ends with CANCELLED when `control` is. The pointers
// must outlive it.
LayerSource LinkMadeFiles(std::vector<MadeFile> files, DiskBlobStore* cache,
                          const TaskControl* control);

}  // namespace kso::worker

#endif  // KSO_WORKER_UNPACK_MADE_FILES_H_

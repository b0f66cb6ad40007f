// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_TASK_DISPATCHER_H_
#define KSO_WORKER_TASK_DISPATCHER_H_

#include <filesystem>
#include <memory>

#include "common/blob/disk_blob_store.h"
#include "common/http/transport.h"
#include "common/layer/encode_pool.h"
#include "common/run/clock.h"
#include "worker/layer/make_layer.h"
#include "worker/task/image_stores.h"
#include "worker/task/task_executor.h"
#include "worker/verify/verify_image.h"

namespace kso::worker {

// The parts of the worker's process that tasks use. The pointers must outlive
// the executor.
struct WorkerParts {
  Clock* clock = nullptr;
  // Without retries: tasks have their own.
  http::Transport* transport = nullptr;
  ImageStores* stores = nullptr;
  DiskBlobStore* cache = nullptr;
  // Null: layers are encoded on their task's thread alone.
  EncodePool* encode_pool = nullptr;
  // As LayerTools says.
  int fetches_at_once = LayerTools().fetches_at_once;
  // The worker's directory, on the cache's file system.
  std::filesystem::path directory;
  // Without `made_layers`, which the executor has itself.
  VerifyTools verify;
};

// Hands each task to the code for its kind of work.
std::unique_ptr<TaskExecutor> CreateTaskDispatcher(const WorkerParts& parts);

}  // namespace kso::worker

#endif  // KSO_WORKER_TASK_DISPATCHER_H_

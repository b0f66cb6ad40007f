// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_LAYER_COPY_BLOBS_H_
#define KSO_WORKER_LAYER_COPY_BLOBS_H_

#include "absl/status/statusor.h"
#include "kso/v1/worker.pb.h"
#include "worker/layer/make_layer.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// Brings the blobs of `task.copy_blobs()` from upstream to the task's
// destination as they are; those that are there are neither fetched nor pushed.
// Errors are as failure.h says.
absl::StatusOr<v1::CopiedBlobs> CopyBlobs(const v1::Task& task,
                                          const LayerTools& tools,
                                          TaskControl& control);

}  // namespace kso::worker

#endif  // KSO_WORKER_LAYER_COPY_BLOBS_H_

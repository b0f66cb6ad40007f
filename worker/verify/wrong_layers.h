// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_VERIFY_WRONG_LAYERS_H_
#define KSO_WORKER_VERIFY_WRONG_LAYERS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "kso/v1/worker.pb.h"
#include "worker/task/task_control.h"
#include "worker/unpack/root_filesystem.h"

namespace kso::worker {

// Finds out whose fault it is that an image serves something wrong: that of its
// base's program, or of who packed a layer. Compares the files in the unpacked
// layers with what `work` says that they hold, and returns the digests of the
// layers in which one is another or is missing. The layers of `root` end with
// those of `work`. CANCELLED with the task.
absl::StatusOr<std::vector<std::string>> FindWrongLayers(
    const v1::VerifyImage& work, const RootFilesystem& root,
    const TaskControl& control);

}  // namespace kso::worker

#endif  // KSO_WORKER_VERIFY_WRONG_LAYERS_H_

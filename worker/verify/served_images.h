// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_VERIFY_SERVED_IMAGES_H_
#define KSO_WORKER_VERIFY_SERVED_IMAGES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/http/transport.h"
#include "common/oci/image_store.h"
#include "kso/v1/worker.pb.h"
#include "worker/task/task_control.h"
#include "worker/verify/compared_content.h"

namespace kso::worker {

// Asks a running kubespray-images registry, at `origin`
// ("http://127.0.0.1:5000") and through `registry`, for everything that it
// should serve: the catalog, every image's document by tag and by digest, every
// listed platform manifest, and all of their blobs, `at_once` images at the
// same time. Sees too that pushes are refused. All is compared by digest; of
// blobs that are `compared` already, it is enough that they are there. Where
// everything is, one image is read whole all the same; in brief, the others are
// asked for by name only. Returns what was checked, in words; errors name the
// image.
absl::StatusOr<std::vector<std::string>> CheckServedImages(
    const v1::ExpectedImages& expected, const std::string& origin,
    const ComparedContent& compared, http::Transport& transport,
    oci::ImageStore& registry, int at_once, TaskControl& control);

}  // namespace kso::worker

#endif  // KSO_WORKER_VERIFY_SERVED_IMAGES_H_

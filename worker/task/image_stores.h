// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_TASK_IMAGE_STORES_H_
#define KSO_WORKER_TASK_IMAGE_STORES_H_

#include <functional>
#include <memory>
#include <stop_token>
#include <string>

#include "absl/status/statusor.h"
#include "common/blob/blob_store.h"
#include "common/http/transport.h"
#include "common/oci/image_store.h"
#include "common/oci/login/credentials.h"
#include "common/oci/registry/registry_options.h"
#include "common/run/clock.h"
#include "kso/v1/types.pb.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// Opens registries and destinations for a task. What is opened is for that task
// alone: its transfers end when `control`, which must outlive it, is cancelled.
// May be called from any thread.
class ImageStores {
 public:
  virtual ~ImageStores() = default;

  // The registry at "HOST[:PORT]".
  virtual absl::StatusOr<std::unique_ptr<oci::ImageStore>> OpenRegistry(
      const std::string& host, bool insecure, const TaskControl& control) = 0;

  // The registry of a destination, or the coordinator's blob store where the
  // destination is not one. Repositories are as oci::DestinationRepository
  // says.
  virtual absl::StatusOr<std::unique_ptr<oci::ImageStore>> OpenDestination(
      const v1::Destination& destination, const TaskControl& control) = 0;
};

// Opens the coordinator's blob store, whose transfers end soon after a stop is
// requested.
using OpenBlobStore =
    std::function<std::unique_ptr<BlobStore>(std::stop_token stop)>;

// All pointers must outlive it.
std::unique_ptr<ImageStores> CreateImageStores(
    http::Transport* transport, Clock* clock,
    const oci::Credentials* credentials, OpenBlobStore open_coordinator_blobs,
    oci::SharedRegistryOptions shared = {});

}  // namespace kso::worker

#endif  // KSO_WORKER_TASK_IMAGE_STORES_H_

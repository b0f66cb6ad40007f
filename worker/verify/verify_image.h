// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_VERIFY_VERIFY_IMAGE_H_
#define KSO_WORKER_VERIFY_VERIFY_IMAGE_H_

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/blob/disk_blob_store.h"
#include "common/http/transport.h"
#include "common/run/clock.h"
#include "kso/v1/worker.pb.h"
#include "worker/layer/made_layers.h"
#include "worker/sandbox/container.h"
#include "worker/task/image_stores.h"
#include "worker/task/task_control.h"
#include "worker/unpack/layer_cache.h"

namespace kso::worker {

// The parts that the verifier uses. The pointers outlive every task.
struct VerifyTools {
  ImageStores* stores = nullptr;
  // Both on the file system of `directory`.
  DiskBlobStore* cache = nullptr;
  LayerCache* layers = nullptr;
  const MadeLayers* made_layers = nullptr;
  Clock* clock = nullptr;
  // Null where this machine cannot run containers, for this reason.
  ContainerRuntime* runtime = nullptr;
  std::string no_runtime_reason = {};
  // Makes a transport for the thread that is inside a container's network.
  std::function<absl::StatusOr<std::unique_ptr<http::Transport>>()>
      create_transport;
  // A sub-directory for each task, removed at its end.
  std::filesystem::path directory;
  // The platforms that the worker offers, to say whether an image ran natively.
  std::vector<v1::PlatformSupport> platforms;
};

// Unpacks the platform image of `task.verify_image()`, as image_unpacker.h
// says, runs it, and asks it for everything that it should serve. What is wrong
// with the image is an error that names the file or image; errors are as
// failure.h says. Nothing of the container is left, whatever the outcome.
absl::StatusOr<v1::VerifiedImage> VerifyImage(const v1::Task& task,
                                              const VerifyTools& tools,
                                              TaskControl& control);

}  // namespace kso::worker

#endif  // KSO_WORKER_VERIFY_VERIFY_IMAGE_H_

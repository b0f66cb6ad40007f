// SPDX-License-Identifier: Apache-2.0
#include "worker/task_dispatcher.h"

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "worker/fetch/blob_fetcher.h"
#include "worker/fetch/file_fetcher.h"
#include "worker/fetch/resolve_file.h"
#include "worker/fetch/resolve_image.h"
#include "worker/layer/copy_blobs.h"
#include "worker/layer/made_layers.h"
#include "worker/sandbox/platform_probe.h"

namespace kso::worker {
namespace {

class TaskDispatcher : public TaskExecutor {
 public:
  explicit TaskDispatcher(const WorkerParts& parts)
      : parts_(parts),
        files_(parts.transport, parts.clock, parts.cache, parts.directory),
        blobs_(parts.stores, parts.clock, parts.cache, parts.directory),
        made_layers_(parts.directory / "made-layers"),
        layer_tools_({.files = &files_,
                      .blobs = &blobs_,
                      .stores = parts.stores,
                      .cache = parts.cache,
                      .made_layers = &made_layers_,
                      .encode_pool = parts.encode_pool,
                      .fetches_at_once = parts.fetches_at_once}),
        verify_tools_(parts.verify) {
    verify_tools_.made_layers = &made_layers_;
  }

  absl::StatusOr<v1::TaskResult> Execute(const v1::Task& task,
                                         TaskControl& control) override {
    v1::TaskResult result;
    switch (task.work_case()) {
      case v1::Task::kResolveFile: {
        KSO_ASSIGN_OR_RETURN(
            *result.mutable_resolved_file(),
            ResolveFile(task.resolve_file(), task.mirrors(), *parts_.transport,
                        *parts_.clock, control));
        return result;
      }
      case v1::Task::kResolveImage: {
        KSO_ASSIGN_OR_RETURN(
            *result.mutable_resolved_image(),
            ResolveImage(task.resolve_image(), task.mirrors(), *parts_.stores,
                         *parts_.cache, control));
        return result;
      }
      case v1::Task::kMakeLayer: {
        v1::MadeLayer& made = *result.mutable_made_layer();
        KSO_ASSIGN_OR_RETURN(made, MakeLayer(task, layer_tools_, control));
        *made.mutable_made_on() = OwnPlatform();
        made.set_made_natively(RunsNatively());
        return result;
      }
      case v1::Task::kCopyBlobs: {
        KSO_ASSIGN_OR_RETURN(*result.mutable_copied_blobs(),
                             CopyBlobs(task, layer_tools_, control));
        return result;
      }
      case v1::Task::kVerifyImage: {
        KSO_ASSIGN_OR_RETURN(*result.mutable_verified_image(),
                             VerifyImage(task, verify_tools_, control));
        return result;
      }
      default:
        return absl::InternalError(
            Concat("this worker does not know the work of ", task.task_id(),
                   ": the coordinator is of another version"));
    }
  }

 private:
  const WorkerParts parts_;
  FileFetcher files_;
  BlobFetcher blobs_;
  MadeLayers made_layers_;
  const LayerTools layer_tools_;
  VerifyTools verify_tools_;
};

}  // namespace

std::unique_ptr<TaskExecutor> CreateTaskDispatcher(const WorkerParts& parts) {
  return std::make_unique<TaskDispatcher>(parts);
}

}  // namespace kso::worker

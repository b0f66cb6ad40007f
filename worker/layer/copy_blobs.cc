// SPDX-License-Identifier: Apache-2.0
#include "worker/layer/copy_blobs.h"

#include <memory>
#include <string>

#include "common/base/status_macros.h"
#include "common/base/strings.h"
#include "common/oci/destination.h"
#include "common/oci/login/access.h"
#include "worker/task/failure.h"

namespace kso::worker {
namespace {

absl::Status CopyBlob(const v1::Task& task, const v1::BlobSource& source,
                      const LayerTools& tools, oci::ImageStore& destination,
                      TaskControl& control) {
  const std::string repository =
      oci::DestinationRepository(task.destination(), task.copy_blobs().image());
  KSO_ASSIGN_OR_RETURN(const Digest digest,
                       Digest::Parse(source.blob().digest()));
  KSO_ASSIGN_OR_RETURN(const bool there,
                       oci::HasBlobOr(destination, repository, digest,
                                      /*when_denied=*/false));
  if (there) return absl::OkStatus();
  KSO_ASSIGN_OR_RETURN(const CachedContent content,
                       tools.blobs->Fetch(source, task.mirrors(), control));
  control.SetActivity(Concat("pushing ", source.blob().digest()));
  KSO_ASSIGN_OR_RETURN(const int64_t pushed,
                       destination.PutBlob(repository, source.blob(),
                                           [&tools, &content](int64_t offset) {
                                             return tools.cache->Open(
                                                 content.digest, offset);
                                           }));
  control.AddPushed(pushed);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<v1::CopiedBlobs> CopyBlobs(const v1::Task& task,
                                          const LayerTools& tools,
                                          TaskControl& control) {
  KSO_ASSIGN_OR_RETURN(
      const std::unique_ptr<oci::ImageStore> destination,
      tools.stores->OpenDestination(task.destination(), control));
  for (const v1::BlobSource& source : task.copy_blobs().blobs()) {
    const absl::Status copied =
        CopyBlob(task, source, tools, *destination, control);
    if (!copied.ok()) {
      return About(copied,
                   Concat(source.repository(), "@", source.blob().digest(),
                          " to ", task.destination().location()),
                   "");
    }
  }
  return v1::CopiedBlobs();
}

}  // namespace kso::worker

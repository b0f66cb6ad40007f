#ifndef KSO_WORKER_VERIFY_OCI_LAYOUT_H_
#define KSO_WORKER_VERIFY_OCI_LAYOUT_H_

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/blob/blob_store.h"
#include "common/oci/image_store.h"
#include "common/oci/manifest.h"
#include "kso/v1/types.pb.h"
#include "worker/task/task_control.h"

namespace kso::worker {

// The tag of the image in the directories that PullToLayout writes.
inline constexpr char kLayoutTag[] = "verify";

// Writes one platform manifest with its config and layers to an OCI image
// layout (OCI image spec, image-layout.md) at `directory`, for tools that read
// such. What `cache` has is taken from there. Every byte is verified. `begin`,
// when there is one, is told first how many bytes the layout will have; its
// error ends the pull.
absl::StatusOr<oci::ImageConfig> PullToLayout(
    oci::ImageStore& store, std::string_view repository,
    const v1::Descriptor& manifest, BlobStore& cache,
    const std::filesystem::path& directory, TaskControl& control,
    const std::function<absl::Status(int64_t bytes)>& begin = {});

}  // namespace kso::worker

#endif  // KSO_WORKER_VERIFY_OCI_LAYOUT_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_VERIFY_OVERLAY_MOUNT_H_
#define KSO_WORKER_VERIFY_OVERLAY_MOUNT_H_

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "worker/unpack/root_filesystem.h"

namespace kso::worker {

// An overlayfs (the kernel's overlayfs.rst) over the layers of an image, in a
// mount namespace of one program and its children: when they have ended,
// however they did, the kernel takes it away. What is written there stays in
// memory, at most 256 MiB, and is gone with it.
class OverlayMount {
 public:
  // Mounts at `directory`/rootfs. Makes the directories for it;
  // FAILED_PRECONDITION when the image has more layers than the kernel takes.
  static absl::StatusOr<OverlayMount> Prepare(
      const RootFilesystem& root, const std::filesystem::path& directory);

  // Takes the calling process to the new namespace. For a child between fork
  // and exec: only system calls. False, with errno, when one failed.
  bool Enter() const;

 private:
  OverlayMount() = default;

  std::string layers_;
  std::string scratch_;
  std::string upper_;
  std::string work_;
  std::string target_;
  std::string options_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_VERIFY_OVERLAY_MOUNT_H_

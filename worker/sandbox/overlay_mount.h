// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_OVERLAY_MOUNT_H_
#define KSO_WORKER_SANDBOX_OVERLAY_MOUNT_H_

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"
#include "worker/sandbox/user_namespace.h"
#include "worker/unpack/root_filesystem.h"

namespace kso::worker {

// An overlayfs (the kernel's overlayfs.rst) over the layers of an image, in a
// mount namespace of one program and its children: when they have ended,
// however they did, the kernel takes it away. What is written there stays in
// memory, at most 256 MiB, and is gone with it.
class OverlayMount {
 public:
  // Makes the directories for it in `directory`. With `users`, which must
  // outlive it, the layers' files belong to the users of that namespace: the
  // kernel maps their owners while it mounts (mount_setattr(2),
  // MOUNT_ATTR_IDMAP), which takes Linux 5.19 and a file system that can.
  // FAILED_PRECONDITION when the image has more layers than the kernel takes.
  static absl::StatusOr<OverlayMount> Prepare(
      const RootFilesystem& root, const std::filesystem::path& directory,
      const UserNamespace* users = nullptr);

  // The path that it mounts at, which the users of the namespace can reach,
  // though the worker's directories are closed to them.
  const std::string& target() const { return target_; }

  // Takes the calling process to the new namespace. For a child between fork
  // and exec: only system calls. False, with errno, when one failed.
  bool Enter() const;

 private:
  OverlayMount() = default;

  bool MapOwners() const;

  std::string layers_;
  // The place of `layers_` with its owners mapped; empty where they stay.
  std::string mapped_;
  int users_ = -1;
  unsigned int root_id_ = 0;
  std::string scratch_;
  std::string upper_;
  std::string work_;
  std::string target_;
  std::string options_;
};

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_OVERLAY_MOUNT_H_

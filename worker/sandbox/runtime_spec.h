// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_RUNTIME_SPEC_H_
#define KSO_WORKER_SANDBOX_RUNTIME_SPEC_H_

#include <optional>
#include <string>

#include "worker/sandbox/id_range.h"
#include "worker/sandbox/image_process.h"
#include "worker/sandbox/image_user.h"

namespace kso::worker {

// The surroundings of a container.
struct Enclosure {
  // Its root file system: absolute, or from the bundle's directory on.
  std::string root = "rootfs";
  // The path of its network namespace.
  std::string network = {};
  // The path of its user namespace, and the ids in it; none: this machine's.
  std::string users = {};
  std::optional<IdRange> ids = {};
  // Only the system calls of seccomp_profile.h are let through.
  bool seccomp = false;
  // The control group that the runtime makes for it; empty: one of its choice.
  std::string control_group = {};
};

// The OCI runtime configuration (runtime spec, config.md) to verify an image
// with. What the image does not decide is what Docker gives a container: its
// capabilities, its masked and read-only paths, its devices. Without resource
// limits and a cgroup namespace, so that it also runs where those cannot be
// set, and without CAP_MKNOD, which only cgroups keep from the machine's disks.
// Each volume is a file system in memory of at most 64 MiB. Programs in Go are
// told to collect their garbage less often, and registries to log errors only,
// where the image says nothing of it.
std::string MakeRuntimeSpec(const ImageProcess& process, const ImageUser& user,
                            const Enclosure& enclosure);

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_RUNTIME_SPEC_H_

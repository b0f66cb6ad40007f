// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_VERIFY_RUNTIME_SPEC_H_
#define KSO_WORKER_VERIFY_RUNTIME_SPEC_H_

#include <string>
#include <string_view>

#include "worker/verify/image_process.h"
#include "worker/verify/image_user.h"

namespace kso::worker {

// The OCI runtime configuration (runtime spec, config.md) to verify an image
// with, its root file system at "rootfs". What the image does not decide is
// what Docker gives a container, without resource limits and cgroups, so that
// it also runs where those cannot be set, and without CAP_MKNOD, which only
// cgroups keep from the machine's disks. The network namespace is the one at
// `network`. Each volume is a file system in memory of at most 64 MiB. Programs
// in Go are told to collect their garbage less often,
// and registries to log errors only, where the image says nothing of it.
std::string MakeRuntimeSpec(const ImageProcess& process, const ImageUser& user,
                            std::string_view network);

}  // namespace kso::worker

#endif  // KSO_WORKER_VERIFY_RUNTIME_SPEC_H_

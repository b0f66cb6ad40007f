// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_SECCOMP_PROFILE_H_
#define KSO_WORKER_SANDBOX_SECCOMP_PROFILE_H_

#include "nlohmann/json.hpp"

namespace kso::worker {

// The system calls that an image may make while it is verified, as
// `linux.seccomp` of the OCI runtime configuration (config-linux.md). It allows
// what Docker's default profile allows a container without CAP_SYS_ADMIN:
// everything else fails with EPERM, and clone3 with ENOSYS, after which C
// libraries take clone, whose flags can be looked at. The runtime leaves out
// names that its libseccomp does not know.
nlohmann::json SeccompProfile();

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_SECCOMP_PROFILE_H_

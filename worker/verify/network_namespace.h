// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_VERIFY_NETWORK_NAMESPACE_H_
#define KSO_WORKER_VERIFY_NETWORK_NAMESPACE_H_

#include <sys/types.h>

#include <functional>

#include "absl/status/status.h"

namespace kso::worker {

// Runs `work` on a thread of its own inside the network namespace of process
// `pid`, and returns what it returns. Sockets that `work` opens on that thread
// are in there; those of the rest of the program are not touched. INTERNAL when
// the namespace cannot be entered, which takes root.
absl::Status RunInNetworkOf(pid_t pid,
                            const std::function<absl::Status()>& work);

// Returns whether the calling thread's network has IPv6's loopback address,
// which the kernel or a namespace may be without.
bool HasIpv6Loopback();

}  // namespace kso::worker

#endif  // KSO_WORKER_VERIFY_NETWORK_NAMESPACE_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_WORKER_SANDBOX_FENCES_H_
#define KSO_WORKER_SANDBOX_FENCES_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/sandbox/id_range.h"

namespace kso::worker {

// The fences between an image that runs and the machine, besides what every
// container here has: namespaces, few capabilities, hidden and read-only parts
// of /proc and /sys, and limits of each process. Not every kernel has all of
// them.
struct Fences {
  // The image's users are these ids of the machine: root is not root outside.
  std::optional<IdRange> users;
  // Only the system calls of seccomp_profile.h.
  bool seccomp = false;
  // A control group (cgroups(7), version 2) of the worker's, below which each
  // image gets one with limits of its processes and memory together.
  std::optional<std::string> control_group;

  // For people, one of each that is missing: "user namespace: REASON".
  std::vector<std::string> missing;
};

// Returns those of `wanted` that this machine has: `attempt` runs a program
// inside of what it is given. It is asked for all together first, and where
// that fails for one after the other. The error is that of `attempt` without
// any fence: then nothing can be run. What `wanted` has in `missing` stays.
absl::StatusOr<Fences> FindFences(
    const Fences& wanted,
    const std::function<absl::Status(const Fences& fences)>& attempt);

}  // namespace kso::worker

#endif  // KSO_WORKER_SANDBOX_FENCES_H_

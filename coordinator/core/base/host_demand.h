// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_BASE_HOST_DEMAND_H_
#define KSO_COORDINATOR_CORE_BASE_HOST_DEMAND_H_

#include <compare>  // IWYU pragma: keep
#include <string>
#include <vector>

#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// A host that a task sends requests to: the part of its Demand that hosts have
// to admit.
struct HostDemand {
  // "HOST[:PORT]" as in URLs: "registry-1.docker.io".
  std::string host;
  // It is asked for manifests, which some registries count.
  bool manifests = false;

  friend auto operator<=>(const HostDemand&, const HostDemand&) = default;
};

// Each host that `task` sends requests to, once, sorted by name, with mirrors
// followed. A URL or reference that does not parse is left out: the task will
// fail for that reason.
std::vector<HostDemand> HostsOf(const v1::Task& task);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_BASE_HOST_DEMAND_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_FLOW_DISK_QUOTA_H_
#define KSO_COORDINATOR_CORE_FLOW_DISK_QUOTA_H_

#include <cstdint>
#include <string>

#include "coordinator/core/state/state.h"

namespace kso::coordinator {

// The words for people on an identity whose builds hold too much of the
// coordinator's disk.
struct DiskTrouble {
  // "alice's builds hold 12 GiB of the coordinator's disk, and may hold 10 GiB:
  // ...", with the builds that would free the most.
  std::string reason;
  // The ways to free it.
  std::string advice;
};

DiskTrouble DescribeDiskUse(const State& state, const std::string& who,
                            int64_t most);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_FLOW_DISK_QUOTA_H_

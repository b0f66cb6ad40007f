// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_FLOW_DISTRUST_H_
#define KSO_COORDINATOR_CORE_FLOW_DISTRUST_H_

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "coordinator/core/state/state.h"

namespace kso::coordinator {

// The records that follow when a worker's word is not taken any more. Pure.

struct DistrustOutcome {
  std::vector<v1::JournalRecord> records;
  int forgotten = 0;
  int failed_builds = 0;
};

// The records by which `worker` is not trusted, for this reason: what is
// remembered on its word is forgotten, and running builds that have taken a
// result of it fail, but for `spared`, a build that fails by itself. May be
// null.
DistrustOutcome DistrustWorker(const State& state, const std::string& worker,
                               std::string_view reason,
                               const BuildEntry* spared);

// The records that have made again, by others, what workers made for the build
// that are not trusted: it goes back to the phase of the first such task. Empty
// where there is none. No task of the build may be leased.
std::vector<v1::JournalRecord> RedoDistrusted(const State& state,
                                              const BuildEntry& build);

// The workers that made any of these layers, digests, for the build.
std::set<std::string> MakersOf(const BuildEntry& build,
                               const std::set<std::string>& layers);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_FLOW_DISTRUST_H_

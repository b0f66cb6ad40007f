// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_FLOW_MEMORIES_H_
#define KSO_COORDINATOR_CORE_FLOW_MEMORIES_H_

#include <vector>

#include "coordinator/core/state/state.h"

namespace kso::coordinator {

// Records of what outlives a build. Pure.

// Puts what is remembered in the place of a worker's "it is unchanged", so that
// the record stands by itself.
void Complete(const State& state, v1::JournalRecord& record);

// What follows for the memo now that `record` has been applied: something is
// remembered (a layer that was made, an image that was resolved or verified),
// or forgotten to make room. Nothing for most records.
std::vector<v1::JournalRecord> MemoriesOf(const State& state,
                                          const v1::JournalRecord& record);

// The layers of a release that is whole, for the next one to start from.
std::vector<v1::JournalRecord> RememberRelease(const State& state,
                                               const BuildEntry& build,
                                               absl::Time now);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_FLOW_MEMORIES_H_

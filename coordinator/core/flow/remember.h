// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_FLOW_REMEMBER_H_
#define KSO_COORDINATOR_CORE_FLOW_REMEMBER_H_

#include <vector>

#include "coordinator/core/memory/memo.h"
#include "coordinator/core/state/state.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/journal.pb.h"

namespace kso::coordinator {

// Decides what is remembered beyond a build: records for core/memory/memo.h.
// Pure.

// Replaces a worker's answer that an image is unchanged by the remembered
// image, so that the record stands by itself.
void Complete(const State& state, v1::JournalRecord& record);

// The records about memories that follow from `record`, which has been applied:
// a layer that was made, or an image that was resolved or verified, is
// remembered, and memories are forgotten to make room. Most records lead to
// none.
std::vector<v1::JournalRecord> MemoriesOf(const State& state,
                                          const v1::JournalRecord& record);

// The release of another name that the destination got before this one, with
// what it brought as far as that is remembered; without a name where none is
// known. A release that is built again has the same one before it.
v1::ReleaseContents ReleaseBefore(const Memo& memo, const v1::Release& release);

// Remembers the layers of a release that is tagged, for the next one to start
// from, and its items, to be compared with.
std::vector<v1::JournalRecord> RememberRelease(const State& state,
                                               const BuildEntry& build,
                                               absl::Time now);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_FLOW_REMEMBER_H_

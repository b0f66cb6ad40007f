// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_ENGINE_BUILD_DETAILS_H_
#define KSO_COORDINATOR_ENGINE_BUILD_DETAILS_H_

#include "coordinator/core/state/state.h"
#include "kso/v1/farm.pb.h"

namespace kso::coordinator {

// A build as a list shows it, without what it waits for. `view` is its view
// (core/flow/build_view.h).
v1::BuildSummary SummaryOf(const BuildEntry& build, const v1::Build& view);

// Adds what the state knows of a build besides its view: the times of its
// phases, its layers, the verification of each of its images, the newest lines
// of its log, and the build before it. `details` has the view.
void AddDetails(const State& state, const BuildEntry& build,
                v1::BuildDetails& details);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_ENGINE_BUILD_DETAILS_H_

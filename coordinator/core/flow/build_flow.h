// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_FLOW_BUILD_FLOW_H_
#define KSO_COORDINATOR_CORE_FLOW_BUILD_FLOW_H_

#include <vector>

#include "coordinator/core/plan/planner.h"
#include "coordinator/core/state/state.h"

namespace kso::coordinator {

// How a build goes from phase to phase, by the table in core/base/phases.cc.
// Pure: functions from the state to the records that should be made of it.

// The records that start a build.
std::vector<v1::JournalRecord> StartBuild(
    const State& state, const v1::SubmitBuildRequest& request);

// What a build needs now: nothing while tasks of its phase run, and nothing
// while it waits for the coordinator's own action. The records must be applied
// before this is called again.
std::vector<v1::JournalRecord> AdvanceBuild(const State& state,
                                            const BuildEntry& build);

// The plan for the case that the destination has all that is remembered; its
// questions are what to ask the destination for in CHECK.
Plan DraftPlan(const State& state, const BuildEntry& build);

// After the actions. `present` has BlobNames. Where all is there that `draft`
// asked for, it is the plan, and need not be made again.
std::vector<v1::JournalRecord> AfterCheck(const BuildEntry& build,
                                          const Plan& draft,
                                          std::vector<std::string> present);
// The destination could not be asked, for this reason.
std::vector<v1::JournalRecord> AfterNoCheck(const BuildEntry& build,
                                            std::string_view problem);
// Images that were verified before are not verified again, unless the build is
// fresh.
std::vector<v1::JournalRecord> AfterAssemble(
    const State& state, const BuildEntry& build,
    const std::vector<v1::ImageResult>& images,
    const std::vector<v1::Task>& verify_tasks);
std::vector<v1::JournalRecord> AfterTag(const State& state,
                                        const BuildEntry& build,
                                        absl::Time now);

// How often a build makes again what vanishes from the destination.
inline constexpr int kMaxReopened = 3;

// After blobs that a build needs are found to be gone from the destination:
// the tasks that put them there run again, or, where none did, the images are
// assembled again. The build fails when it has come to that too often.
// `missing` are digests, at least one.
std::vector<v1::JournalRecord> AfterLoss(
    const BuildEntry& build, const std::vector<std::string>& missing);

v1::JournalRecord EndBuild(const BuildEntry& build, v1::Build::State state,
                           const std::vector<v1::Failure>& failures = {});

// What the resolve and layer tasks that are done brought back.
Resolved ResolvedOf(const BuildEntry& build);
absl::flat_hash_map<std::string, v1::MadeLayer> LayersOf(
    const BuildEntry& build);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_FLOW_BUILD_FLOW_H_

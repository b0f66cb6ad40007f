// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_FLOW_BUILD_FLOW_H_
#define KSO_COORDINATOR_CORE_FLOW_BUILD_FLOW_H_

#include <vector>

#include "absl/container/flat_hash_map.h"
#include "coordinator/core/plan/plan.h"
#include "coordinator/core/schedule/worker_pool.h"
#include "coordinator/core/state/state.h"

namespace kso::coordinator {

// How a build goes from phase to phase, by the table in core/base/phases.cc.
// Pure: functions from the state to the records that should be made of it.

// The records that start a build.
std::vector<v1::JournalRecord> StartBuild(
    const State& state, const v1::SubmitBuildRequest& request);

// The records that take a build further: none while tasks of its phase run, and
// none while it waits for the coordinator's own action. They must be applied
// before this is called again.
std::vector<v1::JournalRecord> AdvanceBuild(const State& state,
                                            const BuildEntry& build,
                                            const WorkerPool& workers);

// The plan for the case that the destination has all that is remembered; its
// questions are what to ask the destination for in CHECK.
Plan DraftPlan(const State& state, const BuildEntry& build);

// The records after an answer of the destination in CHECK. `present` has
// BlobNames. Where everything is there that `draft` asked for, `draft` is the
// plan and is not made again.
std::vector<v1::JournalRecord> AfterCheck(const BuildEntry& build,
                                          const Plan& draft,
                                          std::vector<std::string> present);
// The records when the destination could not be asked, for this reason.
std::vector<v1::JournalRecord> AfterNoCheck(const BuildEntry& build,
                                            std::string_view problem);
// The records after ASSEMBLE. Images that were verified before are not verified
// again, unless the build is fresh.
std::vector<v1::JournalRecord> AfterAssemble(
    const State& state, const BuildEntry& build,
    const std::vector<v1::ImageResult>& images,
    const std::vector<v1::Task>& verify_tasks);
// The records after TAG: the build has succeeded, with these notes, and its
// release is remembered.
std::vector<v1::JournalRecord> AfterTag(const State& state,
                                        const BuildEntry& build,
                                        const std::vector<std::string>& notes,
                                        absl::Time now);

// A build makes blobs that vanish from the destination again so many times.
inline constexpr int kMaxReopened = 3;

// The records when blobs that a build needs are gone from the destination. The
// tasks that pushed them run again; where no task did, the images are assembled
// again. The build fails when that has happened kMaxReopened times. `missing`
// has the blobs' digests, at least one.
std::vector<v1::JournalRecord> AfterLoss(
    const BuildEntry& build, const std::vector<std::string>& missing);

v1::JournalRecord EndBuild(const BuildEntry& build, v1::Build::State state,
                           const std::vector<v1::Failure>& failures = {});

// The results of the RESOLVE tasks that are done, and of the LAYERS tasks.
Resolved ResolvedOf(const BuildEntry& build);
absl::flat_hash_map<std::string, v1::MadeLayer> LayersOf(
    const BuildEntry& build);

// The names of the workers that made those layers, as far as they are known.
absl::flat_hash_map<std::string, std::string> MakersOf(const BuildEntry& build);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_FLOW_BUILD_FLOW_H_

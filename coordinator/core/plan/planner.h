// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_PLANNER_H_
#define KSO_COORDINATOR_CORE_PLAN_PLANNER_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "coordinator/core/plan/plan_history.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/journal.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// What the resolve tasks of a build brought back.
struct Resolved {
  // By URL.
  absl::flat_hash_map<std::string, v1::ResolvedFile> files;
  // By reference as the release has it, bases included.
  absl::flat_hash_map<std::string, v1::ResolvedImage> images;
};

// Whether the destination has a blob.
struct BlobQuestion {
  // "kubespray-files": the repository under the destination.
  std::string image;
  v1::Descriptor blob;
  // Repositories of the same registry, without host, that were seen to have it.
  std::vector<std::string> elsewhere;
};

// What to make of a release. When there are failures, nothing else is of use.
struct Plan {
  std::vector<v1::Failure> failures;
  // MakeLayer and CopyBlobs tasks, in no particular order.
  std::vector<v1::Task> tasks;
  // Those of `tasks` that earlier builds have done, by task id.
  absl::flat_hash_map<std::string, v1::ReusedResult> reused;
  // All that earlier builds may have put there, and base layers.
  std::vector<BlobQuestion> questions;
  // The previous release has layers that are in none of them, for they are
  // given up. Without these, layers may be grouped in another way.
  bool gives_up_layers = false;
  // The platform manifests to assemble from them.
  std::vector<v1::PlannedImage> images;
  v1::PlanSummary summary;
};

// Everything that is wrong with a release as submitted: one failure an item.
// ksoctl has said it before, with file and line; the coordinator trusts nobody.
std::vector<v1::Failure> CheckRelease(const v1::Release& release);

// The tasks that turn the release's names into digests and sizes: one a URL,
// one an image, bases included. Where `memo` knows an image, its task says so;
// null for a build that takes nothing over.
std::vector<v1::Task> ResolveTasks(std::string_view build_id,
                                   const v1::Release& release,
                                   const Memo* memo = nullptr);

// A pure function: the same arguments give the same plan, on any machine.
Plan MakePlan(std::string_view build_id, const v1::Release& release,
              const Resolved& resolved, const PlanHistory& history = {});

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_PLANNER_H_

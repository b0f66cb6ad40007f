// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_PLAN_H_
#define KSO_COORDINATOR_CORE_PLAN_PLAN_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "kso/v1/build.pb.h"
#include "kso/v1/journal.pb.h"
#include "kso/v1/worker.pb.h"

namespace kso::coordinator {

// The results of the resolve tasks of a build.
struct Resolved {
  // By URL.
  absl::flat_hash_map<std::string, v1::ResolvedFile> files;
  // By reference as the release has it, bases included.
  absl::flat_hash_map<std::string, v1::ResolvedImage> images;
};

// A question to the destination: whether it has a blob.
struct BlobQuestion {
  // "kubespray-files": the repository under the destination.
  std::string image;
  v1::Descriptor blob;
  // Repositories of the same registry, without host, that were seen to have it.
  std::vector<std::string> elsewhere;
};

// The tasks that build a release, and the images to assemble from their
// results. When there are failures, nothing else is of use.
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
  // The parts of the summary's bytes_to_fetch and bytes_to_push that are known,
  // where hosts do not say the sizes of all files.
  int64_t known_bytes_to_fetch = 0;
  int64_t known_bytes_to_push = 0;
};

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_PLAN_H_

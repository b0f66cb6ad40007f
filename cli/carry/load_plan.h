// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CARRY_LOAD_PLAN_H_
#define KSO_CLI_CARRY_LOAD_PLAN_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/carry/image_archive.h"
#include "common/oci/image_store.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// A tag that is set last, and the manifest that it names.
struct LoadTag {
  std::string repository;
  std::string tag;
  v1::Document document;
};

struct LoadDocument {
  std::string repository;
  v1::Document document;
};

// The blobs and documents that the images of an archive need in a registry.
struct LoadPlan {
  // By repository and digest.
  std::map<std::string, std::map<Digest, v1::Descriptor>> blobs;
  // Documents come after those that they list.
  std::vector<LoadDocument> documents;
  std::vector<LoadTag> tags;
};

// Reads manifests from the archive, and from `registry` where the archive
// leaves them out; NOT_FOUND when neither has one. INVALID_ARGUMENT for images
// without a NAME:TAG, and for names that are no repositories.
absl::StatusOr<LoadPlan> PlanLoad(const ImageArchive& archive,
                                  const v1::Destination& destination,
                                  oci::ImageStore& registry);

}  // namespace kso::cli

#endif  // KSO_CLI_CARRY_LOAD_PLAN_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RELEASES_REMOVAL_PLAN_H_
#define KSO_CLI_RELEASES_REMOVAL_PLAN_H_

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/releases/inventory.h"
#include "cli/releases/release_place.h"

namespace kso::cli {

// A release that stays: everything that it refers to is outside of the removal.
struct KeptRelease {
  std::string name;
  int documents = 0;
  int blobs = 0;
  int64_t bytes = 0;
  // Of those parts, the ones that a removed release has, too.
  int shared = 0;
};

// The effect of removing releases.
struct RemovalPlan {
  // Names this plan among all that there could be at this destination: it
  // follows from everything that goes and everything that stays.
  std::string id;
  std::vector<std::string> names;
  Removal removal;
  // The configs and layers to which nothing of either image refers then.
  std::map<std::string, v1::Descriptor> freed;
  // Of those, and of the indexes and manifests that go.
  int64_t freed_bytes = 0;
  std::vector<KeptRelease> kept;
  // Every part of what stays, which has to be there afterwards.
  std::map<PartKey, v1::Descriptor> kept_parts;
};

// Plans the removal of the releases `names` from `destination`. Nothing that
// stays loses a part: an index or manifest goes only where no tag that stays,
// and nothing that such a tag leads to, refers to it.
//
// NOT_FOUND for a release that is not there. FAILED_PRECONDITION where a tag
// that stays names the same image as one that goes, and where what stays cannot
// be read whole, so that nothing is known of what it refers to.
absl::StatusOr<RemovalPlan> PlanRemoval(const Inventory& inventory,
                                        const std::vector<std::string>& names,
                                        const std::string& destination);

}  // namespace kso::cli

#endif  // KSO_CLI_RELEASES_REMOVAL_PLAN_H_

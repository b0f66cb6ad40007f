// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_LAYER_PACKS_H_
#define KSO_COORDINATOR_CORE_PLAN_LAYER_PACKS_H_

#include <string>
#include <vector>

#include "coordinator/core/plan/pack_grouping.h"
#include "coordinator/core/plan/plan_history.h"
#include "kso/v1/journal.pb.h"

namespace kso::coordinator {

// A file that an image is to have.
struct WantedMember {
  std::string path;
  // ContentIdentity of the file; empty when it is in doubt, and then no layer
  // is taken to hold the file.
  std::string identity;
};

using LayerPacks = std::vector<const v1::LayerRemembered*>;

// The fields of MakeLayer that a layer must have been made with to be a pack.
struct PackFormat {
  std::string media_type;
  bool times_of_content = false;
};

// The previous release's layers of a group, as far as they are of that format.
LayerPacks PacksOf(const PlanHistory& history, std::string_view image,
                   std::string_view group, const PackFormat& format);

// The part of `wanted` that each layer holds. Where several layers have a path,
// the last covers the others, as in the image.
std::vector<Pack> MatchPacks(const LayerPacks& layers,
                             const std::vector<WantedMember>& wanted);

// Paths of whiteouts (OCI image spec, layer.md, section "Whiteouts") that hide
// what `kept` layers have and is not wanted; whole directories where nothing
// below them is. Sorted.
std::vector<std::string> Whiteouts(const LayerPacks& kept,
                                   const std::vector<WantedMember>& wanted);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_LAYER_PACKS_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_MISSING_PLATFORM_H_
#define KSO_COORDINATOR_CORE_PLAN_MISSING_PLATFORM_H_

#include <string_view>

#include "common/oci/reference.h"
#include "kso/v1/build.pb.h"

namespace kso::coordinator {

// Returns whether the release goes on without an image for platforms that it
// does not exist for, since a pattern of the policy matches it.
bool MayLackPlatform(const v1::MissingPlatformPolicy& policy,
                     const oci::Reference& reference);

// The meaning inside the air gap of a platform that an image lacks, for people.
// Kubespray's download role has a group of nodes for each image.
inline constexpr std::string_view kMissingPlatformsMeaning =
    "Kubespray pulls the image of an add-on that is enabled on every node of "
    "the add-on's group. On a node of a platform that the image lacks, the "
    "pull fails, and the whole play with it, not only the add-on's pod: leave "
    "the add-on out of clusters with such nodes, or such nodes out of its "
    "group";

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_MISSING_PLATFORM_H_

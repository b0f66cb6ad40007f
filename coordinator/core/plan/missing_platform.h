// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_MISSING_PLATFORM_H_
#define KSO_COORDINATOR_CORE_PLAN_MISSING_PLATFORM_H_

#include "common/oci/reference.h"
#include "kso/v1/build.pb.h"

namespace kso::coordinator {

// Returns whether the release goes on without an image for platforms that it
// does not exist for, since a pattern of the policy matches it.
bool MayLackPlatform(const v1::MissingPlatformPolicy& policy,
                     const oci::Reference& reference);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_MISSING_PLATFORM_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_MISSING_PLATFORM_H_
#define KSO_COORDINATOR_CORE_PLAN_MISSING_PLATFORM_H_

#include <string_view>

#include "common/oci/reference.h"
#include "kso/v1/build.pb.h"

namespace kso::coordinator {

// Returns whether `text` matches `pattern`, where '*' stands for any run of
// characters, none included, and everything else for itself.
bool MatchesGlob(std::string_view pattern, std::string_view text);

// Returns whether the release goes on without an image for platforms that it
// does not exist for. A pattern is compared with the image's name
// ("docker.io/amazon/x") and with its whole reference ("docker.io/amazon/x:1").
bool MayLackPlatform(const v1::MissingPlatformPolicy& policy,
                     const oci::Reference& reference);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_MISSING_PLATFORM_H_

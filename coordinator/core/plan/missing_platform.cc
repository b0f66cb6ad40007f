// SPDX-License-Identifier: Apache-2.0
#include "coordinator/core/plan/missing_platform.h"

#include <string>

#include "common/release/image_patterns.h"

namespace kso::coordinator {

bool MayLackPlatform(const v1::MissingPlatformPolicy& policy,
                     const oci::Reference& reference) {
  if (policy.allow_by_default()) return true;
  for (const std::string& pattern : policy.allow()) {
    if (release::MatchesImage(pattern, reference)) return true;
  }
  return false;
}

}  // namespace kso::coordinator

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_CHECK_IMAGES_H_
#define KSO_COORDINATOR_CORE_PLAN_CHECK_IMAGES_H_

#include <vector>

#include "kso/v1/build.pb.h"

namespace kso::coordinator {

// Adds what is wrong with the images of a release: references that are none,
// and two of them for one name in the loaded registry.
void CheckImages(const v1::Release& release,
                 std::vector<v1::Failure>& failures);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_CHECK_IMAGES_H_

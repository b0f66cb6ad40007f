// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_CHECK_FILES_H_
#define KSO_COORDINATOR_CORE_PLAN_CHECK_FILES_H_

#include <vector>

#include "kso/v1/build.pb.h"

namespace kso::coordinator {

// Adds what is wrong with the files of a release: URLs that cannot be served,
// digests that are none, and files that get in each other's way.
void CheckFiles(const v1::Release& release, std::vector<v1::Failure>& failures);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_CHECK_FILES_H_

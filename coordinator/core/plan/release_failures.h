// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_COORDINATOR_CORE_PLAN_RELEASE_FAILURES_H_
#define KSO_COORDINATOR_CORE_PLAN_RELEASE_FAILURES_H_

#include <vector>

#include "kso/v1/build.pb.h"
#include "kso/v1/types.pb.h"

namespace kso::coordinator {

// Everything that is wrong with a release as submitted, one permanent failure
// an item, by the rules of common/release. ksoctl has run the same rules, but
// the coordinator trusts no client.
std::vector<v1::Failure> ReleaseFailures(const v1::Release& release);

}  // namespace kso::coordinator

#endif  // KSO_COORDINATOR_CORE_PLAN_RELEASE_FAILURES_H_

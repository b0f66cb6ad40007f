// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_RELEASES_REMOVAL_CHECK_H_
#define KSO_CLI_RELEASES_REMOVAL_CHECK_H_

#include <set>

#include "absl/status/statusor.h"
#include "cli/releases/release_place.h"
#include "cli/releases/removal_plan.h"

namespace kso::cli {

// Asks for every part of what stays, and returns those that are not there. An
// error says that the destination could not be asked.
absl::StatusOr<std::set<PartKey>> MissingParts(ReleasePlace& place,
                                               const RemovalPlan& plan);

}  // namespace kso::cli

#endif  // KSO_CLI_RELEASES_REMOVAL_CHECK_H_

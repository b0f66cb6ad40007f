// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_COMMANDS_OUTCOME_OWN_TARGET_H_
#define KSO_CLI_COMMANDS_OUTCOME_OWN_TARGET_H_

#include "absl/status/status.h"
#include "kso/v1/types.pb.h"

namespace kso::cli {

// Judges a place on this machine that another has named: the coordinator, for a
// build whose release is not at hand. OK where nothing is there yet, or what an
// earlier export or build has written there, by its record or layout. Otherwise
// FAILED_PRECONDITION says how the user names the place.
absl::Status CheckOwnTarget(const v1::Destination& destination);

}  // namespace kso::cli

#endif  // KSO_CLI_COMMANDS_OUTCOME_OWN_TARGET_H_

// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_DOCTOR_CLOCK_FINDING_H_
#define KSO_CLI_DOCTOR_CLOCK_FINDING_H_

#include "absl/time/time.h"
#include "cli/doctor/finding.h"

namespace kso::cli {

// The finding about a clock that is `skew` ahead of that of others, which are
// named in words: "what hosts say".
Finding ClockFinding(absl::Duration skew, const char* others);

}  // namespace kso::cli

#endif  // KSO_CLI_DOCTOR_CLOCK_FINDING_H_

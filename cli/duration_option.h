// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_DURATION_OPTION_H_
#define KSO_CLI_DURATION_OPTION_H_

#include <string_view>

#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace kso::cli {

// Reads the value of the option `name`, a time with its unit: "90s", "10m",
// "1h30m". INVALID_ARGUMENT, which says what to write, for what is none, and
// for one that is negative or endless.
absl::StatusOr<absl::Duration> ParseDurationOption(std::string_view name,
                                                   std::string_view text);

}  // namespace kso::cli

#endif  // KSO_CLI_DURATION_OPTION_H_

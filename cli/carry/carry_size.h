// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CARRY_CARRY_SIZE_H_
#define KSO_CLI_CARRY_CARRY_SIZE_H_

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace kso::cli {

// How large a part of an archive may be, in bytes: a number with a unit
// ("4GiB", "4.7GB", "700MB"; kB, MB, GB, TB are powers of 1000, KiB and so on
// of 1024), or what it has to fit on: "cd", "dvd", "dvd-dl", "bd", "fat32".
// INVALID_ARGUMENT says what to write.
absl::StatusOr<int64_t> ParseCarrySize(std::string_view text);

}  // namespace kso::cli

#endif  // KSO_CLI_CARRY_CARRY_SIZE_H_

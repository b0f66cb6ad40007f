// SPDX-License-Identifier: Apache-2.0
#ifndef KSO_CLI_CARRY_BYTE_SIZE_H_
#define KSO_CLI_CARRY_BYTE_SIZE_H_

#include <cstdint>
#include <optional>
#include <string_view>

#include "absl/status/statusor.h"

namespace kso::cli {

// The bytes of a number with a unit: "20GiB", "4.7GB", "512". kB, MB, GB and TB
// are powers of 1000, KiB and so on, and K and so on, of 1024. Nothing where it
// is none; at most 2^60.
std::optional<int64_t> ByteSizeOf(std::string_view text);

// The same; INVALID_ARGUMENT says what to write after the option `name`.
absl::StatusOr<int64_t> ParseByteSize(std::string_view name,
                                      std::string_view text);

}  // namespace kso::cli

#endif  // KSO_CLI_CARRY_BYTE_SIZE_H_

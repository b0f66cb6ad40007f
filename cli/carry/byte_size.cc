// SPDX-License-Identifier: Apache-2.0
#include "cli/carry/byte_size.h"

#include <cmath>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "common/base/strings.h"

namespace kso::cli {
namespace {

struct Unit {
  absl::string_view name;
  int64_t bytes;
};

constexpr Unit kUnits[] = {
    {"", 1},
    {"b", 1},
    {"kb", 1000},
    {"mb", 1000 * 1000},
    {"gb", 1000 * 1000 * 1000},
    {"tb", int64_t{1000} * 1000 * 1000 * 1000},
    {"kib", 1 << 10},
    {"mib", 1 << 20},
    {"gib", 1 << 30},
    {"tib", int64_t{1} << 40},
    {"k", 1 << 10},
    {"m", 1 << 20},
    {"g", 1 << 30},
    {"t", int64_t{1} << 40},
};

}  // namespace

std::optional<int64_t> ByteSizeOf(std::string_view text) {
  const std::string lower = absl::AsciiStrToLower(ToAbsl(text));
  const size_t digits = lower.find_first_not_of("0123456789.");
  const absl::string_view number = absl::string_view(lower).substr(0, digits);
  const absl::string_view unit = absl::StripAsciiWhitespace(
      absl::string_view(lower).substr(number.size()));
  double value = 0;
  if (!absl::SimpleAtod(number, &value)) return std::nullopt;
  for (const Unit& candidate : kUnits) {
    if (unit != candidate.name) continue;
    const double bytes = value * static_cast<double>(candidate.bytes);
    if (!(bytes <= std::ldexp(1, 60))) return std::nullopt;
    return static_cast<int64_t>(bytes);
  }
  return std::nullopt;
}

absl::StatusOr<int64_t> ParseByteSize(std::string_view name,
                                      std::string_view text) {
  if (const std::optional<int64_t> bytes = ByteSizeOf(text)) return *bytes;
  return absl::InvalidArgumentError(
      Concat(name, " ", absl::CHexEscape(ToAbsl(text.substr(0, 40))),
             ": write a number and a unit, such as 20GiB or 500MB"));
}

}  // namespace kso::cli
